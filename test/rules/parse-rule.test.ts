import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readTemplates } from '../../src/compose-rules.js';
import { EMOTIONS } from '../../src/domain/emotion.js';
import { parseRule } from '../../src/plugins/business-rules/parse-rule.js';
import { ruleJsonSchema } from '../../src/plugins/business-rules/rule.schema.js';

const parse = (rule: unknown) => parseRule(rule, EMOTIONS);
const withWhen = (when: unknown) => ({ name: 'x', when });

describe('a rule that is not valid', () => {
  it.each<[string, unknown, string, RegExp]>([
    ['a typo at the top', { name: 'x', wen: {}, when: { label: { in: ['sad'] } } }, 'wen', /did you mean "when"/],
    ['a typo in a condition', withWhen({ all: [{ lable: { in: ['sad'] } }] }), 'when.all[0].lable', /did you mean "label"/],
    ['a typo under a condition', withWhen({ score: { label: 'angry', atleast: 0.5 } }), 'when.score.atleast', /did you mean "atLeast"/],
    ['a typo deep inside', withWhen({ sequence: { steps: [{ when: { speaker: { rol: ['agent'] } } }, { when: { label: { in: ['sad'] } } }], withinSeconds: 5 } }), 'when.sequence.steps[0].when.speaker.rol', /did you mean "role"/],
    ['a label that no model gives', withWhen({ label: { in: ['sad', 'anger'] } }), 'when.label.in[1]', /did you mean "angry"/],
    ['a label of a score', withWhen({ score: { label: 'hapy', atLeast: 0.5 } }), 'when.score.label', /did you mean "happy"/],
    ['a severity', { ...withWhen({ label: { in: ['sad'] } }), severity: 'critcal' }, 'severity', /did you mean "critical"/],
    ['a measure', withWhen({ quality: { measure: 'snr', atMost: 3 } }), 'when.quality.measure', /did you mean "snrDb"/],
    ['a warning', withWhen({ warning: { in: ['LOW_SRN'] } }), 'when.warning.in[0]', /did you mean "LOW_SNR"/],
    ['an action', { ...withWhen({ label: { in: ['sad'] } }), actions: [{ tags: ['x'] }] }, 'actions[0].tags', /did you mean "tag"/],
    ['an empty time range', withWhen({ timeOfDay: { from: '09:00', to: '09:00', timeZone: 'UTC' } }), 'when.timeOfDay.to', /empty/],
    ['an impossible time of day', withWhen({ timeOfDay: { from: '25:00', to: '09:00', timeZone: 'UTC' } }), 'when.timeOfDay.from', /00:00 to 23:59/],
    ['a time zone that is none', withWhen({ timeOfDay: { from: '08:00', to: '09:00', timeZone: 'Berlin' } }), 'when.timeOfDay.timeZone', /Europe\/Berlin/],
    ['a range backwards', withWhen({ position: { fromSeconds: 60, toSeconds: 30 } }), 'when.position.toSeconds', /not after fromSeconds 60/],
    ['bounds that exclude each other', withWhen({ confidence: { atLeast: 0.8, atMost: 0.2 } }), 'when.confidence.atLeast', /nothing can be both/],
    ['a release on the wrong side', withWhen({ confidence: { atLeast: 0.5, releaseBelow: 0.6 } }), 'when.confidence.releaseBelow', /under atLeast/],
    ['no bound', withWhen({ agreement: {} }), 'when.agreement.atLeast', /is missing/],
    ['a score over 1', withWhen({ score: { label: 'sad', atLeast: 70 } }), 'when.score.atLeast', /at most 1/],
    ['a wait of no time', withWhen({ trajectory: { from: ['sad'], to: ['happy'], withinSeconds: 0 } }), 'when.trajectory.withinSeconds', /more than 0/],
    ['a change to the same', withWhen({ trajectory: { from: ['sad'], to: ['sad'], withinSeconds: 9 } }), 'when.trajectory.to', /no change/],
    ['two names in one condition', withWhen({ label: { in: ['sad'] }, abstained: {} }), 'when', /label and abstained.*wrap/],
    ['no name in a condition', withWhen({ not: {} }), 'when.not', /is empty/],
    ['a missing part', { name: 'x' }, 'when', /missing/],
    ['no words', withWhen({ words: {} }), 'when.words', /anyOf, allOf, noneOf/],
    ['no object', 'rule', '', /must be an object/],
    ['nothing', undefined, '', /nothing/],
  ])('because of %s is refused with its path', (_, rule, field, message) => {
    expect(() => parse(rule)).toThrow(expect.objectContaining({ code: 'BAD_INPUT', details: expect.objectContaining({ field }) as unknown }) as Error);
    expect(() => parse(rule)).toThrow(message);
  });

  it.each<[string, unknown, string]>([
    ['a misspelt part', { name: 'x', wen: { label: { in: ['sad'] } } }, 'wen is not known here; did you mean "when"?'],
    ['a misspelt condition', withWhen({ lable: { in: ['sad'] } }), 'when.lable is not known here; did you mean "label"?'],
    ['a misspelt condition far inside', withWhen({ share: { when: { any: [{ not: { lable: { in: ['sad'] } } }] }, atLeast: 0.5 } }), 'when.share.when.any[0].not.lable is not known here; did you mean "label"?'],
    ['a misspelt bound', withWhen({ confidence: { atleast: 0.5 } }), 'when.confidence.atleast is not known here; did you mean "atLeast"?'],
    ['a bound of another language', withWhen({ confidence: { min: 0.5 } }), 'when.confidence.min is not known here; known are of, atLeast, atMost, releaseBelow, releaseAbove.'],
    ['a misspelt need', withWhen({ label: { is: ['sad'] } }), 'when.label.is is not known here; did you mean "in"?'],
    ['a need by a far name', withWhen({ trajectory: { from: ['sad'], to: ['happy'], seconds: 60 } }), 'when.trajectory.seconds is not known here; did you mean "withinSeconds"?'],
    ['a misspelt one of several', withWhen({ speaker: { rol: ['agent'] } }), 'when.speaker.rol is not known here; did you mean "role"?'],
    ['a misspelt action', { ...withWhen({ abstained: {} }), actions: [{ alrt: {} }] }, 'actions[0].alrt is not known here; did you mean "alert"?'],
    ['a misspelt id of an action', { ...withWhen({ abstained: {} }), actions: [{ webhook: { ids: 'whk_1' } }] }, 'actions[0].webhook.ids is not known here; did you mean "id"?'],
    ['a misspelt time zone', withWhen({ timeOfDay: { from: '08:00', to: '20:00', timeZone: 'Europe/Berln' } }), 'when.timeOfDay.timeZone is not a time zone, for example Europe/Berlin or UTC; did you mean "Europe/Berlin"?'],
    ['a text for a list', withWhen({ label: { in: 'sad' } }), 'when.label.in must be a list, and is a text.'],
    ['a text for an object', withWhen({ label: 'sad' }), 'when.label must be an object with in, of, and is a text.'],
    ['a text for a number', withWhen({ confidence: { atLeast: '0.5' } }), 'when.confidence.atLeast must be a number, and is a text.'],
    ['half a person', withWhen({ interruptions: { atLeast: 1.5 } }), 'when.interruptions.atLeast must be a whole number, and is 1.5.'],
    ['percent for a fraction', withWhen({ score: { label: 'sad', atLeast: 70 } }), 'when.score.atLeast must be at most 1, and is 70.'],
    ['no time', withWhen({ trajectory: { from: ['sad'], to: ['happy'], withinSeconds: 0 } }), 'when.trajectory.withinSeconds must be more than 0, and is 0.'],
    ['an hour of one digit', withWhen({ timeOfDay: { from: '8:00', to: '20:00', timeZone: 'UTC' } }), 'when.timeOfDay.from must be a time of day from 00:00 to 23:59.'],
    ['a sequence of one', withWhen({ sequence: { steps: [{ when: { abstained: {} } }], withinSeconds: 5 } }), 'when.sequence.steps needs at least 2 entries, and has 1.'],
    ['an empty list', withWhen({ all: [] }), 'when.all is empty.'],
    ['no name', { name: ' ', when: { abstained: {} } }, 'name is empty.'],
  ])('because of %s is told one fault, in a sentence for its author', (_, rule, sentence) => {
    expect(() => parse(rule)).toThrow(expect.objectContaining({ code: 'BAD_INPUT', message: `The rule is not valid: ${sentence} What is allowed is at /schemas/rule.json.` }) as Error);
  });

  it('because of two mistakes is told both, and of nothing else', () => {
    expect(() => parse({ ...withWhen({ all: [{ lable: { in: ['sad'] } }, { confidense: { atLeast: 0.5 } }] }), severty: 'info' })).toThrow(
      'The rule is not valid: when.all[0].lable is not known here; did you mean "label"? when.all[1].confidense is not known here; did you mean "confidence"? severty is not known here; did you mean "severity"? What is allowed',
    );
  });

  it('because it is too deep, too large or has too many conditions is refused and costs little', () => {
    let deep: object = { label: { in: ['sad'] } };
    for (let i = 0; i < 60; i++) deep = { not: deep };
    const wide = { all: Array.from({ length: 50 }, () => ({ any: Array.from({ length: 5 }, () => ({ abstained: {} })) })) };
    for (const when of [deep, wide, { words: { anyOf: ['x'.repeat(70_000)] } }]) expect(() => parse(withWhen(when))).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }) as Error);
  });
});

describe('a rule that is valid', () => {
  it('gets its defaults', () => {
    expect(parse(withWhen({ abstained: {} }))).toEqual({
      name: 'x', description: '', enabled: true, severity: 'warning', cooldownSeconds: 60, oncePer: 'occurrence', actions: [{ alert: {} }], when: { abstained: { is: true, of: 'segment' } },
    });
  });
});

describe('the ready rules', () => {
  const templates = readTemplates();
  it('are a dozen or more, for contact centres, wellbeing and research', () => {
    expect(templates.length).toBeGreaterThanOrEqual(12);
    for (const field of ['contact-centre', 'wellbeing', 'research']) expect(templates.filter((template) => template.id.startsWith(field)).length).toBeGreaterThanOrEqual(2);
  });
  it.each(templates.map((template) => [template.id, template.definition] as const))('%s is valid and says what it is for', (_, definition) => {
    expect(parse(definition).description.length).toBeGreaterThan(20);
  });
});

describe('the published schema', () => {
  it('is the one in docs', () => {
    expect(JSON.parse(readFileSync(new URL('../../docs/rule.schema.json', import.meta.url), 'utf8')), 'run `node scripts/emit-rule-schema.mjs` and commit it').toEqual(ruleJsonSchema());
  });
});
