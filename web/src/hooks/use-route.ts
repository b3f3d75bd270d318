import { useEffect, useState } from 'preact/hooks';

export type Route = { readonly name: 'home' } | { readonly name: 'models' } | { readonly name: 'recording'; readonly id: string };

/** Routes live behind the `#`: they need no server and never carry a key. */
export function parseRoute(hash: string): Route {
  const [, name, id] = /^#\/([a-z]+)(?:\/([\w-]+))?$/.exec(hash) ?? [];
  if (name === 'models') return { name: 'models' };
  if (name === 'recordings' && id !== undefined) return { name: 'recording', id };
  return { name: 'home' };
}

export function recordingHref(id: string): string {
  return `#/recordings/${id}`;
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
