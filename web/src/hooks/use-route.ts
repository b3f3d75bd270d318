import { useEffect, useState } from 'preact/hooks';

/** Views that are a list, and one of it where `id` is set. */
export const SECTIONS = ['reviews', 'alerts', 'rules', 'evaluation', 'webhooks', 'models'] as const;
export type Section = (typeof SECTIONS)[number];

export type Route =
  | { readonly name: 'home' }
  | { readonly name: Section; readonly id: string | null }
  | { readonly name: 'recording'; readonly id: string; readonly atSeconds: number | null };

/** Routes live behind the `#`: they need no server and never carry a key. */
export function parseRoute(hash: string): Route {
  const [, name, id, at] = /^#\/([a-z]+)(?:\/([\w-]+))?(?:\/(\d+(?:\.\d+)?))?$/.exec(hash) ?? [];
  if (name === 'recordings' && id !== undefined) return { name: 'recording', id, atSeconds: at === undefined ? null : Number(at) };
  const section = SECTIONS.find((each) => each === name);
  return section === undefined ? { name: 'home' } : { name: section, id: id ?? null };
}

/** `atSeconds`: opens with the playhead there. */
export function recordingHref(id: string, atSeconds?: number): string {
  return atSeconds === undefined ? `#/recordings/${id}` : `#/recordings/${id}/${Math.max(0, atSeconds).toFixed(1)}`;
}

export function sectionHref(section: Section, id?: string): string {
  return id === undefined ? `#/${section}` : `#/${section}/${id}`;
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const follow = (): void => setRoute(parseRoute(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return route;
}
