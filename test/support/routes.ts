import type { FastifyInstance } from 'fastify';

/** Every method and path that a server knows, from its own routing table. */
export function routesOf(app: FastifyInstance): { method: string; path: string }[] {
  const lines = app.printRoutes({ commonPrefix: false }).split('\n');
  const stack: string[] = [];
  return lines.flatMap((line) => {
    const match = /^([│ ]*)[├└]── (\S*) ?(?:\(([A-Z, ]+)\))?/.exec(line);
    if (match === null) return [];
    const depth = (match[1] ?? '').length / 4;
    stack.length = depth;
    stack.push(match[2] ?? '');
    return (match[3] ?? '').split(', ').filter((method) => method !== '').map((method) => ({ method, path: stack.join('') }));
  });
}
