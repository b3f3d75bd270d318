import { useMemo } from 'preact/hooks';
import { validate, type JsonSchema } from '../json-schema.js';
import { placeOf, readLocated, type Place } from '../located-json.js';
import type { JsonValue } from '../rule-types.js';
import { useLoaded } from './use-loaded.js';

const SCHEMA_PATH = '/schemas/rule.json';

/** A fault and where it stands in the text. `path` null: the text is not JSON. */
export interface Fault { readonly path: string | null; readonly message: string; readonly place: Place }

export interface CheckedDraft {
  /** The rule, where nothing is wrong with it; else null. */
  readonly definition: JsonValue | null;
  readonly faults: readonly Fault[];
  readonly places: ReadonlyMap<string, Place>;
  /** False where the schema could not be had: the text only reads as JSON. */
  readonly isChecked: boolean;
}

/** A rule as its author writes it, checked by the published schema: what the page checks by, everybody else can. */
export function useDraft(text: string): CheckedDraft {
  const [schema] = useLoaded('rule-schema', async (signal) => {
    const response = await fetch(SCHEMA_PATH, { signal, headers: { accept: 'application/schema+json' } });
    if (!response.ok) throw new Error(`The schema of rules could not be read (HTTP ${response.status}).`);
    return (await response.json()) as JsonSchema;
  });
  return useMemo(() => {
    const located = readLocated(text);
    if (located.kind === 'broken') return { definition: null, faults: [{ path: null, message: located.message, place: located.place }], places: new Map<string, Place>(), isChecked: true };
    const { value, places } = located;
    const faults = schema.kind === 'ready' ? validate(schema.value, value).map((fault) => ({ ...fault, place: placeOf(places, fault.path) })) : [];
    return { definition: faults.length === 0 ? value : null, faults, places, isChecked: schema.kind === 'ready' };
  }, [text, schema]);
}
