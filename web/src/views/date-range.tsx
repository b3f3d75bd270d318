import type { RuleRange } from '../rule-types.js';

const dayOf = (iso: string | undefined): string => (iso === undefined ? '' : iso.slice(0, 10));

/** Two days, each of which may be left open. The last day counts whole. */
export function DateRange({ range, onChange }: { readonly range: RuleRange; readonly onChange: (range: RuleRange) => void }) {
  const set = (name: keyof RuleRange, day: string): void => {
    const others = Object.fromEntries(Object.entries(range).filter(([each]) => each !== name));
    onChange(day === '' ? others : { ...others, [name]: `${day}T${name === 'from' ? '00:00:00.000' : '23:59:59.999'}Z` });
  };
  return (
    <>
      <label class="field field--date"><span class="field-label">From</span><input class="input" type="date" value={dayOf(range.from)} max={dayOf(range.to)} onInput={(event) => set('from', event.currentTarget.value)} /></label>
      <label class="field field--date"><span class="field-label">To</span><input class="input" type="date" value={dayOf(range.to)} min={dayOf(range.from)} onInput={(event) => set('to', event.currentTarget.value)} /></label>
    </>
  );
}
