import { describe, expect, it } from 'vitest';
import type { Principal } from '../../src/domain/principal.js';
import { wilsonInterval } from '../../src/domain/wilson-interval.js';
import { fakeRules } from '../support/fake-rules.js';
import { subjectOf, type Said } from '../support/rule-subject.js';

const analyst: Principal = { keyId: 'k', keyName: 'Ann', workspaceId: 'ws_1', role: 'analyst' };
const viewer: Principal = { ...analyst, role: 'viewer' };
const other: Principal = { ...analyst, workspaceId: 'ws_2' };
const never = new AbortController().signal;
const ANGER = { name: 'Anger', when: { label: { in: ['angry'] } }, cooldownSeconds: 0 };
const TWO: readonly Said[] = [[0, 2, 'angry', 'customer'], [2, 4, 'happy', 'customer'], [8, 9, 'angry', 'customer']];

function world(options: Parameters<typeof fakeRules>[0] = {}) {
  const ruled = fakeRules(options);
  ruled.subjects.push({ workspaceId: 'ws_1', subject: subjectOf(TWO) });
  return { ...ruled, evaluate: (isLastAttempt = false) => ruled.engine.evaluate('ws_1', 'ana_1', { isLastAttempt }) };
}

describe('rules', () => {
  it('are kept with every version, who made it and why', async () => {
    const { rules } = world();
    const made = await rules.create(analyst, { definition: ANGER });
    const changed = await rules.update(analyst, made.id, { definition: { ...ANGER, severity: 'critical' }, note: 'it matters', expectedVersion: 1 });
    expect(changed).toMatchObject({ id: made.id, version: 2, definition: { severity: 'critical' } });
    expect(await rules.history(viewer, made.id)).toMatchObject([{ version: 2, note: 'it matters', createdBy: 'Ann' }, { version: 1, note: null }]);
    await expect(rules.update(analyst, made.id, { definition: ANGER, expectedVersion: 1 })).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('belong to their workspace and need an analyst to be changed', async () => {
    const { rules } = world();
    await expect(rules.create(viewer, { definition: ANGER })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const { id } = await rules.create(analyst, { definition: ANGER });
    expect([await rules.find(other, id), await rules.list(other), await rules.history(other, id)]).toEqual([null, [], []]);
    await expect(rules.delete(other, id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(rules.apply(other, id, {}, never)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('come from templates, whose ids are told apart from typos', async () => {
    const { rules } = world();
    expect((await rules.create(analyst, { template: 'anger' })).definition).toMatchObject({ name: 'Anger', severity: 'warning' });
    await expect(rules.create(analyst, { template: 'angre' })).rejects.toThrow(/did you mean "anger"/);
    await expect(rules.create(analyst, { template: 'anger', definition: ANGER })).rejects.toThrow(/not both/);
  });

  it('call webhooks that are there: others are refused with their path, and the nearest by id or name, as long as the rule is enabled', async () => {
    const { rules } = world({ webhooks: [{ id: 'whk_01abcdefgh', name: 'Billing' }, { id: 'whk_01qrstuvwx', name: null }] });
    const calling = (id: string, enabled = true) => ({ definition: { ...ANGER, enabled, actions: [{ alert: {} }, { webhook: { id } }] } });
    const refusal = (nearest: string | undefined) => expect.objectContaining({ code: 'BAD_INPUT', details: { field: 'actions[1].webhook.id', ...(nearest === undefined ? {} : { nearest }) } }) as Error;
    const rule = await rules.create(analyst, calling('whk_01abcdefgh'));
    await expect(rules.create(analyst, calling('whk_01abcdegfh'))).rejects.toThrow(refusal('whk_01abcdefgh'));
    await expect(rules.update(analyst, rule.id, calling('biling'))).rejects.toThrow(refusal('whk_01abcdefgh'));
    await expect(rules.update(analyst, rule.id, calling('elsewhere'))).rejects.toThrow(refusal(undefined));
    await expect(world().rules.create(analyst, calling('whk_01abcdefgh'))).rejects.toThrow(/no webhook of this workspace, which has none/);
    expect((await rules.find(analyst, rule.id))!.version).toBe(1);
    expect(await rules.update(analyst, rule.id, calling('elsewhere', false))).toMatchObject({ version: 2 });
  });

  it('wait for models that are there or have judged something: others are refused with their path and the nearest, as long as the rule is enabled', async () => {
    const { rules, subjects } = world();
    subjects.push({ workspaceId: 'ws_1', subject: { ...subjectOf(TWO), modelId: 'imported-large' } });
    const ofModels = (models: readonly string[], enabled = true) => ({ definition: { ...ANGER, enabled, when: { all: [{ label: { in: ['angry'] } }, { not: { model: { in: models } } }] } } });
    const refusal = (nearest: string | undefined) => expect.objectContaining({ code: 'BAD_INPUT', details: { field: 'when.all[1].not.model.in[1]', ...(nearest === undefined ? {} : { nearest }) } }) as Error;
    const rule = await rules.create(analyst, ofModels(['starter', 'imported-large']));
    await expect(rules.create(analyst, ofModels(['starter', 'emotion2vec-plus-lrge']))).rejects.toThrow(refusal('emotion2vec-plus-large'));
    await expect(rules.update(analyst, rule.id, ofModels(['starter', 'import-large']))).rejects.toThrow(refusal('imported-large'));
    await expect(rules.backtest(analyst, ofModels(['starter', 'whisper'], false), {}, never)).rejects.toThrow(refusal(undefined));
    await expect(rules.create(other, ofModels(['starter', 'imported-large']))).rejects.toThrow(/known are emotion2vec-plus-large, starter\)/);
    expect((await rules.find(analyst, rule.id))!.version).toBe(1);
    expect(await rules.create(analyst, ofModels(['starter', 'coming-soon'], false))).toMatchObject({ definition: { enabled: false } });
  });

  it('are tried on one analysis and explain themselves whether they fire or not', async () => {
    const { rules, alertRows } = world();
    expect((await rules.test(viewer, { definition: ANGER }, 'ana_1')).firings.map((firing) => firing.segmentIds)).toEqual([['seg_0'], ['seg_2']]);
    const silent = await rules.test(viewer, { definition: { ...ANGER, when: { label: { in: ['sad'] } } } }, 'ana_1');
    expect(silent).toMatchObject({ firings: [], trace: [{ path: 'when.label', seen: 'angry', result: false }] });
    await expect(rules.test(viewer, { definition: ANGER }, 'ana_none')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(alertRows.size).toBe(0);
  });
});

describe('alerts', () => {
  it('are raised once for each place however often the analysis is evaluated', async () => {
    const { rules, alerts, announced, evaluate } = world();
    await rules.create(analyst, { definition: ANGER });
    await Promise.all([evaluate(), evaluate()]);
    await evaluate();
    expect((await alerts.list(viewer, { first: 10, after: null }, {})).items.map((alert) => alert.startSeconds).sort()).toEqual([0, 8]);
    expect(announced).toEqual(['alert.raised', 'alert.raised']);
  });

  it('come from enabled rules of their workspace only', async () => {
    const { rules, alertRows, evaluate } = world();
    await rules.create(analyst, { definition: { ...ANGER, enabled: false } });
    await rules.create(other, { definition: ANGER });
    await evaluate();
    expect(alertRows.size).toBe(0);
  });

  it('reach a subscriber of their workspace and severity', async () => {
    const { rules, alerts, evaluate } = world();
    await rules.create(analyst, { definition: { ...ANGER, severity: 'critical', oncePer: 'analysis' } });
    await rules.create(analyst, { definition: { ...ANGER, severity: 'info' } });
    const stop = new AbortController();
    const heard = alerts.raised(viewer, { severity: 'critical' }, stop.signal)[Symbol.asyncIterator]();
    const first = heard.next();
    await evaluate();
    expect((await first).value).toMatchObject({ severity: 'critical', ruleName: 'Anger', analysisId: 'ana_1' });
    stop.abort();
    await heard.return?.();
  });

  it('are acknowledged once, with who and what was said', async () => {
    const { rules, alerts, evaluate } = world();
    await rules.create(analyst, { definition: { ...ANGER, oncePer: 'analysis' } });
    await evaluate();
    const { items: [alert] } = await alerts.list(viewer, { first: 1, after: null }, {});
    await expect(alerts.acknowledge(viewer, alert!.id, null)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const first = await alerts.acknowledge(analyst, alert!.id, 'called back');
    expect(first).toMatchObject({ acknowledgedBy: 'Ann', acknowledgeNote: 'called back' });
    expect(await alerts.acknowledge({ ...analyst, keyName: 'Bob' }, alert!.id, 'me too')).toEqual(first);
    await expect(alerts.acknowledge(other, alert!.id, null)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('actions of rules', () => {
  const rule = (actions: readonly object[]) => ({ ...ANGER, oncePer: 'analysis', actions });
  const states = (alertRows: ReturnType<typeof world>['alertRows']) => [...alertRows.values()].flatMap((alert) => alert.actions.map((action) => [action.kind, action.state]));

  it('tag the recording, and say it where no part can carry one out', async () => {
    const { rules, alertRows, tags, actionsDone, evaluate } = world({ webhooks: [{ id: 'w1', name: null }] });
    await rules.create(analyst, { definition: rule([{ alert: {} }, { tag: { tags: ['angry'] } }, { webhook: { id: 'w1' } }]) });
    await evaluate();
    expect(states(alertRows)).toEqual([['alert', 'DONE'], ['tag', 'DONE'], ['webhook', 'UNAVAILABLE']]);
    expect(tags).toEqual([{ recordingId: 'rec_1', tags: ['angry'] }]);
    expect(actionsDone).toEqual(['tag']);
  });

  it('without alert are done, and nothing is shown or announced', async () => {
    const { rules, alerts, alertRows, announced, evaluate } = world();
    await rules.create(analyst, { definition: rule([{ tag: { tags: ['angry'] } }]) });
    await evaluate();
    expect(alertRows.size).toBe(1);
    expect([(await alerts.list(viewer, { first: 10, after: null }, {})).totalCount, announced]).toEqual([0, []]);
  });

  it('that fail are tried again with the job, cost neither the alert nor the others, and are given up on at the last', async () => {
    const asked: unknown[] = [];
    const handlers = { review: () => Promise.reject(new Error('down')), hold: (_tx: unknown, request: { readonly input: unknown }) => Promise.resolve(void asked.push(request.input)) };
    const { rules, alertRows, evaluate } = world({ handlers });
    await rules.create({ ...analyst, role: 'admin' }, { definition: rule([{ review: { priority: 'high' } }, { hold: { reason: 'listen' } }]) });
    await expect(evaluate()).rejects.toThrow('down');
    expect(states(alertRows)).toEqual([['review', 'PENDING'], ['hold', 'DONE']]);
    await expect(evaluate(true)).rejects.toThrow('down');
    expect(states(alertRows)).toEqual([['review', 'FAILED'], ['hold', 'DONE']]);
    await evaluate();
    expect(asked).toEqual([{ reason: 'listen' }]);
  });
});

describe('a backtest', () => {
  it('counts what would have fired, shows examples, and writes nothing', async () => {
    const { rules, alertRows, subjects } = world();
    subjects.push({ workspaceId: 'ws_1', subject: subjectOf([[0, 2, 'happy']], { analysisId: 'ana_2', recordingId: 'rec_2' }) }, { workspaceId: 'ws_2', subject: subjectOf(TWO, { analysisId: 'ana_3' }) });
    const result = await rules.backtest(analyst, { definition: ANGER }, {}, never);
    expect(result).toMatchObject({ analysisCount: 2, segmentCount: 4, firedAnalysisCount: 1, firingCount: 2, suppressedCount: 0, firingsPerHour: 60, nextAfter: null, precision: null, precisionReason: 'This installation keeps no reviewed labels.' });
    expect(result.examples).toMatchObject([{ analysisId: 'ana_1', recordingId: 'rec_1', startSeconds: 0, trace: [{ path: 'when.label', seen: 'angry' }] }, { startSeconds: 8 }]);
    expect(alertRows.size).toBe(0);
  });

  it('measures precision on firings that people have labelled whole, with an interval', async () => {
    const reviewed = { forAnalyses: () => Promise.resolve(new Map([['seg_0', 'angry'], ['seg_2', 'sad']])) };
    const { rules } = world({ reviewed });
    const { precision, precisionReason } = await rules.backtest(analyst, { definition: ANGER }, {}, never);
    expect(precision).toMatchObject({ value: 0.5, rightCount: 1, reviewedCount: 2 });
    expect(precision!.low).toBeCloseTo(0.0945, 3);
    expect(precision!.high).toBeCloseTo(0.9055, 3);
    expect(precisionReason).toBeNull();
    const half = world({ reviewed: { forAnalyses: () => Promise.resolve(new Map()) } });
    expect((await half.rules.backtest(analyst, { definition: ANGER }, {}, never)).precisionReason).toMatch(/Review some/);
  });

  it('refuses a range backwards, and a viewer', async () => {
    const { rules } = world();
    const range = { from: new Date('2026-02-01'), to: new Date('2026-01-01') };
    await expect(rules.backtest(analyst, { definition: ANGER }, range, never)).rejects.toMatchObject({ code: 'BAD_INPUT', details: { field: 'to' } });
    await expect(rules.backtest(viewer, { definition: ANGER }, {}, never)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('has an interval that agrees with published values', () => {
    expect(wilsonInterval(0, 10).high).toBeCloseTo(0.2775, 3);
    expect(wilsonInterval(81, 263).low).toBeCloseTo(0.2553, 3);
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
  });
});

describe('a rule applied to the past', () => {
  it('writes its alerts once, announces none and leaves out reviews unless asked for', async () => {
    const sent: string[] = [];
    const { rules, alertRows, announced } = world({ handlers: { review: () => Promise.resolve(void sent.push('review')) } });
    const { id } = await rules.create(analyst, { definition: { ...ANGER, actions: [{ alert: {} }, { review: {} }, { tag: { tags: ['x'] } }] } });
    expect(await rules.apply(analyst, id, {}, never)).toMatchObject({ analysisCount: 1, firingCount: 2, newAlertCount: 2, nextAfter: null });
    expect(await rules.apply(analyst, id, {}, never)).toMatchObject({ firingCount: 2, newAlertCount: 0 });
    expect([...alertRows.values()].every((alert) => alert.isOfThePast && alert.trace.length === 1)).toBe(true);
    expect([announced, sent]).toEqual([[], []]);
    const again = world({ handlers: { review: () => Promise.resolve(void sent.push('review')) } });
    const acting = await again.rules.create(analyst, { definition: { ...ANGER, oncePer: 'analysis', actions: [{ review: {} }] } });
    await again.rules.apply(analyst, acting.id, { withActions: true }, never);
    expect(sent).toEqual(['review']);
  });
});
