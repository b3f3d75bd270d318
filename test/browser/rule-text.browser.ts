import { describe, expect, it } from 'vitest';
import { isUndertoneError } from '../../src/domain/errors.js';
import { parseRule } from '../../src/plugins/business-rules/parse-rule.js';
import { ruleJsonSchema } from '../../src/plugins/business-rules/rule.schema.js';
import { validate, type JsonSchema } from '../../web/src/json-schema.js';
import { lineOf, placeOf, readLocated } from '../../web/src/located-json.js';
import type { JsonValue } from '../../web/src/rule-types.js';
import { readProjectFile } from './target.js';

const schema = JSON.parse(JSON.stringify(ruleJsonSchema())) as JsonSchema;
const LABELS = ['angry', 'neutral', 'sad'];

function read(text: string) {
  const found = readLocated(text);
  return found.kind === 'value' ? found : expect.fail(found.message);
}

/** The field that the server complains about, or null. */
function refusedField(rule: JsonValue): unknown {
  try {
    parseRule(rule, LABELS);
    return null;
  } catch (error) {
    return isUndertoneError(error) ? error.details['field'] : expect.fail(String(error));
  }
}

describe('the text of a rule', () => {
  it('is read as JSON.parse reads it, with the place of every part', () => {
    const text = '{\n  "name": "A \\u00e9",\n  "when": { "all": [ { "label": { "in": ["sad"] } }, { "not": {} } ] },\n  "n": [-1.5e2, 0, true, null]\n}\n';
    const { value, places } = read(text);
    expect(value).toEqual(JSON.parse(text));
    const at = placeOf(places, 'when.all[0].label.in');
    expect(text.slice(at.from, at.to)).toBe('"in": ["sad"]');
    expect(text.slice(placeOf(places, 'n[0]').from, placeOf(places, 'n[0]').to)).toBe('-1.5e2');
    expect(lineOf(text, at.from)).toEqual({ line: 3, column: 35 });
  });

  it('gives what is missing the place of what should hold it', () => {
    const { places } = read('{"when": {"all": [{"label": {}}]}}');
    expect(placeOf(places, 'when.all[0].label.in')).toEqual(placeOf(places, 'when.all[0].label'));
    expect(placeOf(places, 'when.all[7].x')).toEqual(placeOf(places, 'when.all'));
    expect(placeOf(places, 'name')).toEqual(placeOf(places, ''));
  });

  it.each([
    ['', 0, 'ends too early'], ['{"a" 1}', 5, ': is expected'], ['{"a": 1,}', 8, 'a name in double quotes'], ['[1 2]', 3, ', or ] is expected'], ['{"a": "x\n"}', 6, 'line break'],
    ['{"a": 1, "a": 2}', 9, 'stands here twice'], ['{} {}', 3, 'after the end'], ['{"a": tru}', 6, 'a value is expected'], ['{"a": [1, ', 10, 'ends too early'],
  ])('%j is broken at %i', (text, at, words) => {
    expect(readLocated(text)).toMatchObject({ kind: 'broken', place: { from: at }, message: expect.stringContaining(words) as string });
  });
});

describe('the check by the published schema', () => {
  const rule = (when: JsonValue, more: Readonly<Record<string, JsonValue>> = {}): JsonValue => ({ name: 'A rule', when, ...more });

  it.each(['contact-centre-cancel-while-angry', 'contact-centre-calm-to-angry', 'wellbeing-night-and-distress', 'contact-centre-anger-after-agent', 'research-not-usable'])('finds nothing wrong with the ready rule %s', (name) => {
    expect(validate(schema, read(readProjectFile(`rules/${name}.json`)).value)).toEqual([]);
  });

  it.each([
    ['a name that is not known', rule({ lable: { in: ['sad'] } }), 'when.lable'],
    ['a name inside a list', rule({ all: [{ label: { in: ['sad'] } }, { label: { in: ['sad'], off: 'segment' } }] }), 'when.all[1].label.off'],
    ['a missing name', { when: { label: { in: ['sad'] } } }, 'name'],
    ['a value out of its range', rule({ score: { label: 'sad', atLeast: 2 } }), 'when.score.atLeast'],
    ['a word that is not among those allowed', rule({ label: { in: ['sad'] } }, { severity: 'high' }), 'severity'],
    ['a text where a list belongs', rule({ label: { in: 'sad' } }), 'when.label.in'],
    ['a time of day that is none', rule({ timeOfDay: { from: '25:00', to: '03:00', timeZone: 'UTC' } }), 'when.timeOfDay.from'],
    ['an empty list', rule({ any: [] }), 'when.any'],
    ['two conditions in one', rule({ abstained: {}, label: { in: ['sad'] } }), 'when'],
    ['no condition', rule({}), 'when'],
    ['a rule that is a list', [1], ''],
  ])('puts %s at the path that the server names', (_what, given, path) => {
    expect(validate(schema, given).map((fault) => fault.path)).toContain(path);
    expect(refusedField(given)).toBe(path);
  });
});
