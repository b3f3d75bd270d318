import { describe, expect, it } from 'vitest';
import type { NodeRepository } from '../../src/db/repositories.js';
import type { ModelState } from '../../src/domain/model.js';
import type { NodeModel, NodeRecord, NodeRole } from '../../src/domain/node.js';
import { createModelDirectory } from '../../src/services/model-directory.js';
import { createNodeRegistry, type NodeRegistry } from '../../src/services/node-registry.js';
import { MANIFEST } from '../support/fake-services.js';
import { until } from '../support/until.js';

/** Rows in memory, for nodes of one process. */
class Rows implements NodeRepository {
  readonly rows = new Map<string, NodeRecord>();
  beat(node: Omit<NodeRecord, 'startedAt' | 'heartbeatAt'>): Promise<void> {
    this.rows.set(node.id, { startedAt: new Date(0), ...node, heartbeatAt: new Date() });
    return Promise.resolve();
  }
  listLive(): Promise<readonly NodeRecord[]> {
    return Promise.resolve([...this.rows.values()]);
  }
  remove(id: string): Promise<void> {
    this.rows.delete(id);
    return Promise.resolve();
  }
  removeDead(): Promise<number> {
    return Promise.resolve(0);
  }
}
const READY: ModelState = { kind: 'ready', loadMs: 1, pid: 1 };
const UNLOADED: ModelState = { kind: 'unloaded', reason: 'never-loaded' };
const held = (id: string, state: ModelState): NodeModel => ({ manifest: { ...MANIFEST, id }, state, provider: 'cpu', providerFallback: null, memoryBytes: 10, queueLength: 1 });

function node(rows: Rows, id: string, roles: readonly NodeRole[], models: { list: readonly NodeModel[] }) {
  const changed: string[][] = [];
  let announced = 0;
  const registry: NodeRegistry = createNodeRegistry({
    id, roles, host: `host-${id}`, version: '1', concurrency: 1, nodes: rows, heldModels: () => models.list, defaultModelId: () => models.list[0]?.manifest.id ?? null,
    announce: () => { announced += 1; }, onModelsChanged: (ids) => changed.push([...ids]), onFault: (error) => { throw error; },
  });
  return { registry, changed, announcedCount: () => announced };
}

describe('the registry of nodes', () => {
  it('shows itself first and the others as of their last heartbeats, until they leave', async () => {
    const rows = new Rows();
    const worker = node(rows, 'w', ['worker'], { list: [held('starter', READY)] });
    const api = node(rows, 'a', ['api'], { list: [] });
    await worker.registry.start();
    await api.registry.start();
    expect(api.registry.nodes().map(({ id }) => id)).toEqual(['a', 'w']);
    expect(api.changed).toEqual([['starter']]);
    await worker.registry.stop();
    api.registry.lookSoon();
    await until('it is gone', () => api.registry.nodes().length === 1);
    expect(api.changed).toEqual([['starter'], ['starter']]);
    await api.registry.stop();
    expect(rows.rows.size).toBe(0);
  });

  it('tells of a change of state here once it is written, and that it is on its way out', async () => {
    const rows = new Rows();
    const models = { list: [held('starter', UNLOADED)] };
    const worker = node(rows, 'w', ['worker'], models);
    await worker.registry.start();
    models.list = [held('starter', READY)];
    worker.registry.touch();
    worker.registry.touch();
    await until('it was told', () => worker.announcedCount() === 1);
    expect(rows.rows.get('w')!.models[0]!.state).toEqual(READY);
    worker.registry.drain();
    await until('that was told too', () => rows.rows.get('w')!.isDraining);
    await worker.registry.stop();
  });
});

describe('the directory of models', () => {
  const localInference = { manifests: () => [MANIFEST], manifest: () => MANIFEST, defaultModelId: 'starter', status: (id: string) => {
    if (id !== 'starter') throw new RangeError('not here');
    return { ...held('starter', UNLOADED), isDefault: true };
  } };
  const recordOf = (id: string, models: readonly NodeModel[]): NodeRecord => ({ id, roles: ['worker'], host: 'h', version: '1', concurrency: 1, defaultModelId: models[0]?.manifest.id ?? null, models, isDraining: false, startedAt: new Date(0), heartbeatAt: new Date(0) });
  const directory = (nodes: readonly NodeRecord[], wantedDefault: string | null = null) => createModelDirectory({ inference: localInference, isWorker: false, nodes: () => nodes, wantedDefault });

  it('merges what several nodes say of a model: the liveliest state, memory and queues added up', () => {
    const status = directory([recordOf('one', [held('starter', UNLOADED)]), recordOf('two', [held('starter', READY)])]).status('starter');
    expect([status.state.kind, status.memoryBytes, status.queueLength, status.nodes.map(({ nodeId }) => nodeId)]).toEqual(['ready', 20, 2, ['one', 'two']]);
  });

  it('knows models that lie on other machines alone, and takes their default where this one\'s own is held by none', () => {
    const models = directory([recordOf('one', [held('large', READY)])]);
    expect([models.list().map(({ manifest }) => manifest.id), models.defaultModelId, models.isHeld('large'), models.isHeld('starter')]).toEqual([['starter', 'large'], 'large', true, false]);
    expect(directory([recordOf('one', [held('large', READY)])], 'starter').defaultModelId).toBe('starter');
    expect(directory([]).defaultModelId).toBe('starter');
  });
});
