import type { Services } from '../../src/services/service-contracts.js';

type Parts = Pick<Services, 'retention' | 'archives' | 'holds' | 'erasures' | 'audit' | 'tasks' | 'optOuts' | 'webhooks'>;

/** What is kept, archived and told to others is tested on the real platform: here every call says that it is not there. */
export function withoutRetention(): Parts {
  const absent = new Proxy({}, { get: (_target, name) => () => Promise.reject(new Error(`${String(name)} is not part of this fake`)) });
  return { retention: absent, archives: absent, holds: absent, erasures: absent, audit: absent, tasks: absent, optOuts: absent, webhooks: absent } as Parts;
}
