import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routesOf } from '../support/routes.js';
import { NO_SUCH_ID, SchemaWalk, type Slot } from '../support/schema-walk.js';
import { askWith, socketOf } from '../support/walk-client.js';
import { openTwoWorkspaces, RULE, SHARED_WAV, type Tenant, type TwoWorkspaces } from '../support/two-workspaces.js';

/** Text that only the first tenant has written anywhere. */
const MARKER = 'Zq7marker';
/** Ids tried of each kind: every one costs a request for each argument of the schema. */
const OF_EACH_KIND = 1;
const AT_ONCE = 3;
const OF_EACH_KIND_FOR_THE_OWNER = 4;
/** Changes what others are about, so the owner tries these late, and last of all what takes something away. */
const IS_DESTRUCTIVE = /^(restore|release|retire|runRetention|runTask|unload|end|rotate|dismiss|resolve|skip|undo|pause)/;
const REMOVES = /^(delete|erase|revoke|discard|purge|withdraw)/;
const lateness = ({ root, operation }: Slot): number => (REMOVES.test(root) ? 3 : IS_DESTRUCTIVE.test(root) ? 2 : operation === 'mutation' ? 1 : 0);
/** Do nothing for their owner here: a model and a task are everybody's, assignees need a subject beside them (`assignReview` has them alone), a transcript needs its words, and what is another's by assignment or claim is not free, and a list of analyses fails as a whole unless they all have the speaker. */
const IDLE = ['Analysis.timeline(speaker)', 'Mutation.claimNextReview(filter.assignedTo)', 'Mutation.claimNextReview(filter.claimedBy)', 'Mutation.createEvaluationSet(input.model)', 'Mutation.enqueueReview(input.assigneeKeyIds)', 'Mutation.importTranscript(input.analysisId)', 'Mutation.runTask(id)'];
/** Public halves of keys, for receivers who have none. */
const OPEN_TO_ALL = '/.well-known/';
/** A place in the own list by the order of ids, whosever the id is: the answer is of the own things after it. */
const POSITIONS = ['Mutation.backtestRule(range.after)', 'Mutation.applyRule(range.after)'];
/** Say again what the same caller said first. */
const ECHOES = ['Mutation.optOutSubject(reason)'];
/** Acts without being told on what: the other does these too, and must change nothing of the owner's. */
const ACTS: Readonly<Record<string, Record<string, unknown>>> = { 'Mutation.runRetention': { dryRun: false }, 'Mutation.setReviewPolicy': { input: {} } };
/** What is the whole platform's, by type: the same for every workspace, and it moves by itself. */
const SHARED_TYPES = new Set(['Model', 'Node', 'Capabilities', 'ModelNode', 'ScheduledTask']);

function still(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(still);
  if (typeof value === 'string') return value.replace(/\?workspace=.*$/, '');
  if (typeof value !== 'object' || value === null) return value;
  if (SHARED_TYPES.has((value as { __typename?: string }).__typename ?? '')) return 'of the platform';
  return Object.fromEntries(Object.entries(value).filter(([name]) => !name.endsWith('lastUsedAt') && name !== 'at').map(([name, inner]) => [name, still(inner)]));
}

const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80));
/** Where two harvests differ, by path. */
function differences(a: unknown, b: unknown, path = ''): string[] {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b) ? [] : [`${path}: ${shown(a)} → ${shown(b)}`];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap((key) => differences((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], `${path}.${key}`)).slice(0, 20);
}

function idsOnlyIn(here: unknown, there: unknown): string[] {
  const isId = /^([a-z]{2,4}_[0-9a-z]{20,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
  const strings = (value: unknown): string[] => (typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : []);
  const foreign = new Set(strings(there));
  return [...new Set(strings(here))].filter((text) => isId.test(text) && !foreign.has(text));
}

/** A few at once, so that server and database both have something to do. */
async function inTurns(ids: readonly string[], ask: (id: string) => Promise<string>): Promise<readonly (readonly [id: string, answer: string])[]> {
  const answers: (readonly [string, string])[] = [];
  for (let from = 0; from < ids.length; from += AT_ONCE) answers.push(...(await Promise.all(ids.slice(from, from + AT_ONCE).map(async (id) => [id, await ask(id)] as const))));
  return answers;
}

/** The slot alone, and where other ids are required beside it, all of them. */
function placesOf(slot: Slot): readonly boolean[] {
  const [alone, everywhere] = [false, true].map((one) => JSON.stringify(slot.variables('an id', one)));
  return alone === everywhere ? [false] : [false, true];
}

/** Where two answers differ, shortly. */
function unlike(answer: string, nobody: string): string {
  let from = 0;
  while (from < answer.length && answer[from] === nobody[from]) from += 1;
  from = Math.max(0, from - 60);
  return `${answer.slice(from, from + 200)} instead of ${nobody.slice(from, from + 200)}`;
}
/** Beside the slot other ids may be nobody's; a signed link moves with the clock. */
const withoutId = (answer: string, id: string): string => answer.replaceAll(id, 'ID').replaceAll(NO_SUCH_ID, 'ID').replace(/\?workspace=[^"\\]*/g, '');
export interface TwoWorkspacesOptions {
  /** Settings of the platform; asked once, before it is opened. */
  environment?(): Promise<Readonly<Record<string, string>>>;
  /** With every argument of an id, by the other and, so that the walk has proved something, by the owner at the end: nearly all of its time. */
  readonly isWhole: boolean;
  /** Tests of the same two workspaces, after those that every database has. */
  more?(walked: Walked): void;
}

/** What the walk finds of one workspace with the key of the other; empty when all is well. */
export interface Walked {
  /** Everything that the other can read without knowing an id. */
  othersView(): Promise<unknown>;
  /** What has changed in that. */
  changesOfView(since: unknown): Promise<readonly string[]>;
  /** Whether the other's list of recordings tells of the owner's. */
  isListOpen(): Promise<boolean>;
  /** Arguments of an id whose answer is not the one that nobody's id gets, or shows something of the owner. */
  arguments(): Promise<readonly string[]>;
  /** The same of addresses. */
  routes(): Promise<readonly string[]>;
  /** What the owner has lost or got. */
  changes(): Promise<readonly string[]>;
}

/** The whole schema and all routes of a real server, walked with the keys of two workspaces. */
export function twoWorkspacesSuite(title: string, options: TwoWorkspacesOptions): void {
  describe(title, () => {
    let world: TwoWorkspaces;
    /** The owner's; the other's operations name a segment of its own where one is needed to get any further. */
    let walk: SchemaWalk;
    let otherWalk: SchemaWalk;
    let owner: Tenant;
    let other: Tenant;
    let pushed: unknown[];
    let before: unknown;
    let ownerHas: unknown;
    let ids: readonly string[];
    const clients: { dispose(): unknown }[] = [];

    beforeAll(async () => {
      world = await openTwoWorkspaces(await options.environment?.());
      [owner, other] = world.tenants;
      const walkOf = (segmentId: string): SchemaWalk => new SchemaWalk(world.schema, { JSON: RULE, RuleTargetInput: { definition: RULE }, UpdateRuleInput: { definition: RULE }, UpdateWebhookInput: { name: 'probe' }, ResolveReviewInput: { id: NO_SUCH_ID, label: 'happy' }, SimilarityTarget: { segmentId } }, ['ResolveReviewInput']);
      walk = otherWalk = walkOf((await other.seed('plain')).segmentId);
      pushed = listenToEverything(other);
      before = await harvest(other);
      walk = walkOf((await owner.seed(MARKER)).segmentId);
      ownerHas = await harvest(owner);
      ids = idsOnlyIn(ownerHas, before);
    }, 400_000);
    afterAll(async () => {
      for (const client of clients) await client.dispose();
      await world.close();
    });

    /** Without the place of a fault: which of several objects of a list fails first is chance. */
    const ask = async (tenant: Tenant, slot: Slot, value: string, everywhere: boolean): Promise<string> => (await askWith(world.url, tenant.secret, slot, slot.variables(value, everywhere), { file: SHARED_WAV })).replaceAll(/"path":\[[^\]]*\]/g, '"path":[]');
    const read = (tenant: Tenant, document: string, variables: Record<string, unknown> = {}): Promise<string> => askWith(world.url, tenant.secret, { operation: 'query', document, takesFile: false }, variables);

    function listenToEverything(tenant: Tenant): unknown[] {
      const heard: unknown[] = [];
      for (const { document, variables } of walk.readable('subscription')) {
        const client = socketOf(world.url, tenant.secret);
        clients.push(client);
        void (async () => {
          for await (const message of client.iterate({ query: document, variables })) heard.push(message);
        })().catch((error: unknown) => heard.push(error));
      }
      return heard;
    }

    /** Everything that a key can read without knowing an id, less what is the platform's and what moves with time. */
    async function harvest(tenant: Tenant): Promise<unknown> {
      const answers = await Promise.all(walk.readable('query').filter(({ name }) => name !== 'auditLog' && name !== 'auditCheck').map(async ({ name, document, variables }) => {
        const { data, errors } = JSON.parse(await read(tenant, document, variables)) as { data: unknown; errors?: unknown };
        if (errors !== undefined) throw new Error(`Query.${name}: ${JSON.stringify(errors).slice(0, 500)}`);
        return [name, still(data)] as const;
      }));
      // The log grows by what the harvest itself reads: compared is everything else in it, and whether its chain holds.
      const { data } = JSON.parse(await read(tenant, '{ auditLog(first: 200) { nodes { id action actorKeyId subjectId reason } } auditCheck { brokenAt } }', {})) as { data: { auditLog: { nodes: readonly { action: string }[] }; auditCheck: unknown } };
      return { ...Object.fromEntries(answers), auditCheck: data.auditCheck, auditLog: data.auditLog.nodes.filter(({ action }) => !action.endsWith('.read')) };
    }

    /** A few of each kind. */
    function tried(count = OF_EACH_KIND): string[] {
      const kinds = new Map<string, string[]>();
      for (const id of ids) {
        const kind = /^[a-z]+_/.exec(id)?.[0] ?? 'uuid';
        if (id !== owner.principal.keyId) kinds.set(kind, [...(kinds.get(kind) ?? []), id]);
      }
      return [...kinds.values()].flatMap((all) => all.slice(0, count));
    }

    /** What everybody may name: models, and things that both workspaces see. */
    function everybodys(): string[] {
      const named = (value: unknown): string[] => (typeof value !== 'object' || value === null ? [] : Object.entries(value).flatMap(([name, inner]) => (name === 'id' && typeof inner === 'string' ? [inner] : named(inner))));
      const theirs = new Set(named(before));
      return ['starter', ...new Set(named(ownerHas).filter((id) => theirs.has(id)))];
    }

    /** Ids and texts of the owner in an answer, except what was sent in the request itself. */
    function leaked(answer: string, sent: string): string[] {
      return [...ids, ...(answer.replaceAll(sent, '').includes(MARKER) ? [MARKER] : [])].filter((secret) => secret !== sent && answer.includes(secret));
    }

    /** Requests that work for their owner, by method and path. */
    const usedRoutes = new Set<string>();
    const routes = (): ReturnType<typeof routesOf> => routesOf(world.app).filter(({ path }) => path.includes(':') && !path.startsWith(OPEN_TO_ALL));
    const walked: Walked = {
      othersView: () => harvest(other),
      changesOfView: async (since) => differences(since, await harvest(other)),
      isListOpen: async () => (await read(other, '{ recordings(first: 100) { nodes { title } } }')).includes(MARKER),
      changes: async () => differences(ownerHas, await harvest(owner)),
      async arguments() {
        const told: string[] = [];
        for (const slot of otherWalk.slots().filter(({ scalar }) => scalar === 'ID')) {
          for (const everywhere of placesOf(slot)) {
            const nobody = withoutId(await ask(other, slot, NO_SUCH_ID, everywhere), NO_SUCH_ID);
            const answers = await inTurns(tried(), (id) => ask(other, slot, id, everywhere));
            for (const [id, answer] of answers) {
              if ((!POSITIONS.includes(slot.name) && withoutId(answer, id) !== nobody) || leaked(answer, id).length > 0) told.push(`${slot.name} with ${id}: ${unlike(withoutId(answer, id), nobody)}`);
            }
          }
        }
        return told;
      },
      async routes() {
        const told: string[] = [];
        const fetched = async (tenant: Tenant, method: string, path: string): Promise<string> => {
          const response = await fetch(world.url + path, { method, headers: { Authorization: `Bearer ${tenant.secret}` } });
          return `${response.status} ${await response.text()}`;
        };
        for (const { method, path } of routes()) {
          for (const suffix of ['', '.npy', '.wav', '.json']) {
            const at = (id: string): string => path.replace(/:\w+/g, id + suffix);
            const nobody = withoutId(await fetched(other, method, at(NO_SUCH_ID)), NO_SUCH_ID);
            for (const id of tried()) {
              const answer = withoutId(await fetched(other, method, at(id)), id);
              if (answer !== nobody) told.push(`${method} ${at(id)}: ${answer.slice(0, 200)}`);
              if (/^2/.test(await fetched(owner, method, at(id)))) usedRoutes.add(`${method} ${path}`);
            }
          }
        }
        return told;
      },
    };

    it('the walk knows what to send to every field of the schema', () => {
      expect(walk.slots().length).toBeGreaterThan(30);
      expect(walk.unknown).toEqual([]);
      const walked = new Set([...walk.slots().map(({ operation, root }) => `${operation} ${root}`), ...(['query', 'subscription'] as const).flatMap((kind) => walk.readable(kind).map(({ name }) => `${kind} ${name}`))]);
      expect(walk.rootFields().filter(({ name, operation }) => !walked.has(`${operation} ${name.split('.')[1]!}`)).map(({ name }) => name).sort()).toEqual(Object.keys(ACTS));
      for (const kind of ['rec', 'ana', 'seg', 'spk', 'emb', 'key', 'rch', 'rul', 'alr', 'evs', 'evr', 'cal', 'arc', 'hold', 'era', 'rtn', 'aud', 'rev', 'opt']) expect(ids.some((id) => id.startsWith(`${kind}_`)), kind).toBe(true);
    });

    it('no list, figure or search of one changes by what the other has', async () => {
      expect(JSON.stringify(ownerHas)).toContain(MARKER);
      expect(await walked.changesOfView(before)).toEqual([]);
    });

    if (options.isWhole) it('an id of the other gives the very answer that an id of nobody gives, in every argument of the schema', { timeout: 300_000 }, async () => { expect(await walked.arguments()).toEqual([]); });

    it('a text or cursor of the other finds and shows nothing of it', { timeout: 300_000 }, async () => {
      const cursors = [...new Set([...JSON.stringify(ownerHas).matchAll(/"endCursor":"([^"]+)"/g)].map((match) => match[1]!))].slice(0, 6);
      const texts = [`${MARKER} title`, `${MARKER} person`, `${MARKER} tag`, `${MARKER} idempotent`, ...cursors];
      const told: string[] = [];
      for (const slot of otherWalk.slots().filter(({ scalar, name }) => scalar === 'String' && !ECHOES.includes(name))) {
        for (const text of texts) {
          const answer = await ask(other, slot, text, false);
          const found = leaked(answer, text);
          if (found.length > 0) told.push(`${slot.name} with ${text} shows ${found.join(', ')}`);
        }
      }
      expect(told).toEqual([]);
    });

    it('what one has done of everything that it has leaves what the other has', async () => {
      for (const field of otherWalk.rootFields()) {
        const given = ACTS[field.name];
        if (given !== undefined) expect(await askWith(world.url, other.secret, field, given), field.name).not.toContain('errors');
      }
    });

    it('an address of the other gives the very answer that an address of nobody gives, on every route', async () => {
      expect(await walked.routes()).toEqual([]);
      expect([...usedRoutes].sort()).toEqual(routes().map(({ method, path }) => `${method} ${path}`).sort());
    });

    it('a signed link of one cannot be turned into a link to what the other has', async () => {
      const query = 'query { recordings { nodes { audioUrl latestAnalysis { embedding { npyUrl } } } } }';
      const linksOf = async (tenant: Tenant): Promise<string[]> => [...(await read(tenant, query)).matchAll(/"(?:audioUrl|npyUrl)":"([^"]+)"/g)].map((match) => match[1]!);
      const [mine, theirs] = [await linksOf(other), await linksOf(owner)];
      expect(theirs.length).toBeGreaterThan(1);
      for (const link of theirs) {
        const [path = '', secret = ''] = link.split('?');
        expect((await fetch(world.url + link)).status).toBe(200);
        const changed = new URLSearchParams(secret);
        changed.set('workspace', other.principal.workspaceId);
        for (const forged of [`${path}?${mine[0]!.split('?')[1]!}`, `${path}?${changed.toString()}`, path]) expect((await fetch(world.url + forged)).status, forged).toBe(401);
      }
    });

    it('nothing that was pushed to one, measured for all or logged tells of the other', async () => {
      const told = leaked(JSON.stringify(pushed), 'nothing was sent');
      expect(told).toEqual([]);
      const metrics = await (await fetch(`${world.url}/metrics`, { headers: { Authorization: `Bearer ${other.secret}` } })).text();
      expect(metrics).toContain('undertone_');
      expect(leaked(metrics, 'nothing was sent')).toEqual([]);
      expect(world.logLines.join('')).not.toContain(MARKER);
    });

    it('nothing of one was changed by all that the other has tried', async () => {
      expect(await walked.changes()).toEqual([]);
    });

    options.more?.(walked);

    if (options.isWhole) it('every argument of an id does something for the owner, so that the walk has proved something', { timeout: 300_000 }, async () => {
      const slots = walk.slots().filter(({ scalar }) => scalar === 'ID').sort((a, b) => lateness(a) - lateness(b));
      const idle: string[] = [];
      for (const slot of slots) {
        const works = async (everywhere: boolean): Promise<boolean> => {
          const nobody = withoutId(await ask(owner, slot, NO_SUCH_ID, everywhere), NO_SUCH_ID);
          for (const id of [...tried(OF_EACH_KIND_FOR_THE_OWNER), ...everybodys()]) if (withoutId(await ask(owner, slot, id, everywhere), id) !== nobody) return true;
          return false;
        };
        let isIdle = true;
        for (const everywhere of placesOf(slot)) isIdle &&= !(await works(everywhere));
        if (isIdle) idle.push(slot.name);
      }
      expect(idle.sort()).toEqual(IDLE);
    });
  });
}
