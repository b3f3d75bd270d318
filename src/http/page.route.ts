import { existsSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { PAGE_POLICY } from './security-headers.js';

const NOT_BUILT = 'The dashboard is not built. Run `npm run build`, then start again. The API is at /graphql.\n';

/** The dashboard: the files of the build, each a route of its own, so that nothing else can be reached through them. */
export async function registerPage(app: FastifyInstance, webDir: string): Promise<void> {
  if (!existsSync(join(webDir, 'index.html'))) {
    app.get('/', { config: { access: 'public' } }, (_request, reply) => reply.code(503).type('text/plain; charset=utf-8').send(NOT_BUILT));
    return;
  }
  await app.register(fastifyStatic, { root: webDir, serve: false, cacheControl: false });
  for (const file of readdirSync(webDir, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const path = posix.join(...join(file.parentPath, file.name).slice(webDir.length).split(/[\\/]/));
    const isPage = path === 'index.html';
    // Vite names everything under assets/ by its content.
    const caching = path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
    app.get(isPage ? '/' : `/${path}`, { config: { access: 'public' } }, (_request, reply) => {
      void reply.headers({ 'Cache-Control': caching, 'Content-Security-Policy': PAGE_POLICY });
      return reply.sendFile(path);
    });
  }
}
