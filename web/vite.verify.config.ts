import { join } from 'node:path';
import { defineConfig } from 'vite';
import { compressed } from './build/compressed.ts';
import { oneFile } from './build/one-file.ts';

/** The page that verifies bundles: one file, beside the web UI. */
export default defineConfig({
  root: join(import.meta.dirname, 'verify'),
  publicDir: false,
  plugins: [oneFile(), compressed()],
  worker: { format: 'iife' },
  build: {
    target: 'es2023',
    outDir: join(import.meta.dirname, 'dist', 'verify'),
    modulePreload: false,
    cssCodeSplit: false,
    reportCompressedSize: false,
    emptyOutDir: true,
    rolldownOptions: { output: { format: 'iife' } },
  },
});
