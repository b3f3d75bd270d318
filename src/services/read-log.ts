import type { AuditRepository, NewAuditEvent } from '../db/retention-repositories.js';
import { newId } from '../domain/ids.js';
import type { Principal } from '../domain/principal.js';
import { workIds } from '../domain/work-context.js';
import { inWorkspace } from '../domain/workspace-scope.js';

/** What of a recording was read: its row, its sound, what was found in it, what is said in it, all of that as a file; or figures over all that the workspace has. */
export type ReadKind = 'recording' | 'audio' | 'analysis' | 'transcript' | 'export' | 'statistics';

/** Most of what a SIGKILL can lose. */
const FLUSH_MS = 1000;
const MINUTE_MS = 60_000;
const MAX_IDS = 500;

export interface ReadOf {
  readonly recordingIds?: readonly string[];
  /** Whose recordings are looked up later, when nobody waits. */
  readonly analysisIds?: readonly string[];
  /** Figures over many recordings, none of which is named by them. */
  readonly isOfWorkspace?: boolean;
}

/** Who has read which recording, for the audit log: collected here and appended each second, so that no answer waits for it. */
export interface ReadLog {
  /** The same actor, address, kind and object count once a minute. */
  note(actor: Principal, kind: ReadKind, read: ReadOf): void;
  /** Appends what waits; for the end of the process. */
  flush(): Promise<void>;
}

export interface ReadLogParts {
  readonly repository: Pick<AuditRepository, 'append'>;
  readonly recordingsOf: (workspaceId: string, analysisIds: readonly string[]) => Promise<readonly string[]>;
  /** Nothing is lost yet: it is tried again a second later. */
  readonly onFailure: (error: unknown) => void;
  readonly now?: () => number;
}

/** Reads of one kind in one request. */
interface Waiting {
  readonly actor: Principal;
  readonly kind: ReadKind;
  readonly atMs: number;
  readonly requestId: string | null;
  readonly address: string | null;
  readonly recordingIds: Set<string>;
  readonly analysisIds: Set<string>;
  isOfWorkspace: boolean;
}

export function createReadLog({ repository, recordingsOf, onFailure, now = Date.now }: ReadLogParts): ReadLog {
  let waiting = new Map<string, Waiting>();
  let seen = new Set<string>();
  let minute = 0;
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> = Promise.resolve();

  function isNew(name: string): boolean {
    const present = Math.floor(now() / MINUTE_MS);
    if (present !== minute) seen = new Set();
    minute = present;
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  }

  async function eventsOf({ actor, kind, atMs, requestId, address, recordingIds, analysisIds, isOfWorkspace }: Waiting): Promise<readonly NewAuditEvent[]> {
    const ids = [...new Set([...recordingIds, ...(analysisIds.size === 0 ? [] : await recordingsOf(actor.workspaceId, [...analysisIds]))])];
    const one = (subjectKind: string, subjectId: string, subjectIds: readonly string[]): NewAuditEvent => ({ id: newId('auditEvent'), at: new Date(atMs), actorKeyId: actor.keyId, actorName: actor.keyName, action: `${kind}.read`, subjectKind, subjectId, subjectIds, reason: null, requestId, address, beforeDigest: null, afterDigest: null });
    const events = isOfWorkspace ? [one('workspace', actor.workspaceId, [])] : [];
    for (let begin = 0; begin < ids.length; begin += MAX_IDS) {
      const part = ids.slice(begin, begin + MAX_IDS);
      events.push(one('recording', part[0]!, part.length > 1 ? part : []));
    }
    return events;
  }

  async function append(): Promise<void> {
    const batch = [...waiting.values()];
    waiting = new Map();
    for (const workspaceId of new Set(batch.map(({ actor }) => actor.workspaceId))) {
      const reads = batch.filter(({ actor }) => actor.workspaceId === workspaceId);
      try {
        // The timer was set by whoever read first: what it inherited is not whose reads these are.
        await inWorkspace(workspaceId, async () => repository.append(null, workspaceId, (await Promise.all(reads.map(eventsOf))).flat()));
      } catch (error) {
        for (const read of reads) waiting.set(newId('auditEvent'), read);
        onFailure(error);
        schedule();
      }
    }
  }

  function schedule(): void {
    timer ??= setTimeout(() => {
      timer = null;
      running = running.then(append);
    }, FLUSH_MS).unref();
  }

  return {
    note(actor, kind, { recordingIds = [], analysisIds = [], isOfWorkspace = false }) {
      const { requestId = null, address = null } = workIds.getStore() ?? {};
      const who = JSON.stringify([actor.workspaceId, actor.keyId, address, kind]);
      const newOf = (ids: readonly string[]): readonly string[] => ids.filter((id) => isNew(`${who}${id}`));
      const [recordings, analyses] = [newOf(recordingIds), newOf(analysisIds)];
      const isNewFigure = isOfWorkspace && isNew(who);
      if (recordings.length + analyses.length === 0 && !isNewFigure) return;
      const name = `${who}${requestId ?? ''}`;
      const read = waiting.get(name) ?? { actor, kind, atMs: now(), requestId, address, recordingIds: new Set(), analysisIds: new Set(), isOfWorkspace: false };
      waiting.set(name, read);
      for (const id of recordings) read.recordingIds.add(id);
      for (const id of analyses) read.analysisIds.add(id);
      read.isOfWorkspace ||= isNewFigure;
      schedule();
    },
    flush() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      return (running = running.then(append));
    },
  };
}
