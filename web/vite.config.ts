import preact from '@preact/preset-vite';
import { defineConfig } from 'vite';

/** `npx vite build web` writes `web/dist`, which the server hands out at `/`. */
export default defineConfig({
  plugins: [preact({ prerender: { enabled: false } })],
  build: {
    target: 'es2022',
    // Data URLs would need holes in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    // `npx vite web` for work on the page, against a server that runs beside it.
    proxy: {
      '/graphql': { target: 'http://127.0.0.1:4000', ws: true },
      '/recordings': 'http://127.0.0.1:4000',
    },
  },
});
