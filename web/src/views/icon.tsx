const PATHS = {
  play: 'M7 4.800v14.400a.8.8 0 0 0 1.200.7l11.600-7.200a.8.8 0 0 0 0-1.400L8.200 4.100A.8.8 0 0 0 7 4.800Z',
  pause: 'M6.500 4h3.500v16H6.500zM14 4h3.500v16H14z',
  similar: 'M3 9c2.500-3.500 5-3.500 7.500 0S15.500 12.500 18 9l3-3M3 18c2.500-3.500 5-3.500 7.500 0s5 3.500 7.500 0l3-3',
  upload: 'M12 16V4m0 0L7 9m5-5 5 5M4 15v4a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-4',
  close: 'M6 6l12 12M18 6 6 18',
  back: 'M15 5l-7 7 7 7',
  warning: 'M12 9v4.500m0 3v.01M10.700 4.200 2.900 17.700A1.500 1.500 0 0 0 4.200 20h15.600a1.500 1.500 0 0 0 1.300-2.300L13.300 4.200a1.500 1.500 0 0 0-2.600 0Z',
  error: 'M12 8v5m0 3v.01M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
  zoomIn: 'M10.500 7.500v6m-3-3h6M20 20l-4.700-4.700M17.500 10.500a7 7 0 1 1-14 0 7 7 0 0 1 14 0Z',
  zoomOut: 'M7.500 10.500h6M20 20l-4.700-4.700M17.500 10.500a7 7 0 1 1-14 0 7 7 0 0 1 14 0Z',
  whole: 'M4 12h16M4 12l3.500-3.500M4 12l3.500 3.500M20 12l-3.500-3.500M20 12l-3.500 3.500',
  search: 'M20 20l-4.700-4.700M17.500 10.500a7 7 0 1 1-14 0 7 7 0 0 1 14 0Z',
  info: 'M12 11v5.500m0-8.500v.01M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
  review: 'M4 6h10M4 12h8M4 18h6m4-1.500 2.500 2.500L21 14',
  tick: 'M5 12.500l4.500 4.500L19 7.500',
} as const;

const FILLED: ReadonlySet<keyof typeof PATHS> = new Set(['play', 'pause'] as const);

/** Decoration only: the button round it carries the name. */
export function Icon({ name }: { readonly name: keyof typeof PATHS }) {
  return (
    <svg class={FILLED.has(name) ? 'icon icon--filled' : 'icon'} viewBox="0 0 24 24" aria-hidden="true"><path d={PATHS[name]} /></svg>
  );
}
