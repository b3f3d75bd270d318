import { inWorkspace } from '../domain/workspace-scope.js';
import type { JobHandler, JobName } from '../queue/job-queue.js';

/** The job sees the rows of the workspace that it was made for, and no others. */
export function ofWorkspace<N extends JobName>(handler: JobHandler<N>): JobHandler<N> {
  return async (payload, context) => {
    if (context.workspaceId === null) throw new Error('a job that belongs to no workspace: it could see nothing of what it is about');
    return inWorkspace(context.workspaceId, () => handler(payload, context));
  };
}
