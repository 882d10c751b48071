import tailwind from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compressed } from './build/compressed.ts';
import { mockedApi } from './mock/plugin.ts';

/** A gateway's address, to develop against; without it `vite` answers the API from `mock/`. */
const gateway = process.env['CHAPERONE_API'];

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwind(), compressed(), ...(gateway === undefined ? [mockedApi()] : [])],
  build: {
    target: 'es2023',
    // A data: URL would need room in the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    emptyOutDir: true,
    manifest: true,
  },
  server: {
    ...(gateway !== undefined && {
      proxy: {
        '/v1': { target: gateway, secure: false, changeOrigin: true },
        '/openapi.json': { target: gateway, secure: false, changeOrigin: true },
      },
    }),
  },
});
