import type { JsonValue } from './rule-types.js';

/** Where something stands in a text: offsets of its first character and of the one after its last. */
export interface Place { readonly from: number; readonly to: number }

export type LocatedJson =
  /** `places` by path, as `when.all[0].label`; the whole is ''. A member's place is that of its name and value. */
  | { readonly kind: 'value'; readonly value: JsonValue; readonly places: ReadonlyMap<string, Place> }
  | { readonly kind: 'broken'; readonly message: string; readonly place: Place };

class Broken extends Error {
  constructor(message: string, readonly at: number) {
    super(message);
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const LITERALS = { true: true, false: false, null: null } as const;

/** Reads JSON and remembers where each part stands, so that a fault can be pointed at. `JSON.parse` tells neither. */
export function readLocated(text: string): LocatedJson {
  const places = new Map<string, Place>();
  let at = 0;
  const skip = (): void => {
    while (/\s/.test(text[at] ?? '')) at++;
  };
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const [found] = pattern.exec(text) ?? [];
    if (found === undefined) return null;
    at += found.length;
    return found;
  };
  const expect = (sign: string, what: string): void => {
    skip();
    if (text[at] !== sign) throw new Broken(`${sign} is expected here${what}`, at);
    at++;
  };
  const list = (end: string, item: (index: number) => void): void => {
    at++;
    skip();
    if (text[at] === end) {
      at++;
      return;
    }
    for (let index = 0; ; index++) {
      item(index);
      skip();
      if (text[at] === end) break;
      if (text[at] !== ',') throw new Broken(`, or ${end} is expected here`, at);
      at++;
    }
    at++;
  };
  const value = (path: string): JsonValue => {
    skip();
    const from = at;
    const keep = <Found extends JsonValue>(found: Found): Found => {
      if (!places.has(path)) places.set(path, { from, to: at });
      return found;
    };
    if (text[at] === '{') {
      const made: Record<string, JsonValue> = {};
      list('}', () => {
        skip();
        const nameAt = at;
        const name = match(STRING);
        if (name === null) throw new Broken('a name in double quotes is expected here', at);
        const key = JSON.parse(name) as string;
        const inner = path === '' ? key : `${path}.${key}`;
        if (Object.hasOwn(made, key)) throw new Broken(`"${key}" stands here twice`, nameAt);
        expect(':', ' after a name');
        made[key] = value(inner);
        places.set(inner, { from: nameAt, to: at });
      });
      return keep(made);
    }
    if (text[at] === '[') {
      const made: JsonValue[] = [];
      list(']', (index) => made.push(value(`${path}[${index}]`)));
      return keep(made);
    }
    const word = Object.keys(LITERALS).find((each) => text.startsWith(each, at));
    if (word !== undefined) {
      at += word.length;
      return keep(LITERALS[word as keyof typeof LITERALS]);
    }
    const literal = match(text[at] === '"' ? STRING : NUMBER);
    if (literal === null) throw new Broken(text[at] === '"' ? 'this text does not end, or holds a line break' : at >= text.length ? 'the text ends too early' : 'a value is expected here', at);
    return keep(JSON.parse(literal) as string | number);
  };
  try {
    const found = value('');
    skip();
    if (at < text.length) throw new Broken('nothing is expected after the end', at);
    return { kind: 'value', value: found, places };
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    return { kind: 'broken', message: error.message, place: { from: error.at, to: Math.min(text.length, error.at + 1) } };
  }
}

/** The place of a path, or of the nearest part round it: what is missing has no place of its own. */
export function placeOf(places: ReadonlyMap<string, Place>, path: string): Place {
  for (let shorter = path; ; shorter = shorter.replace(/(?:\.[^.[\]]+|\[\d+\]|^[^.[\]]+)$/, '')) {
    const place = places.get(shorter);
    if (place !== undefined) return place;
    if (shorter === '') return { from: 0, to: 0 };
  }
}

/** Line and column, counted from one. */
export function lineOf(text: string, at: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}
