// The parts of the SDK that are tested by themselves (sound, recorder, storage), built minified as an application's
// bundler would: the worklets have to survive it.

import { join } from 'node:path';

const SOURCE = join(import.meta.dirname, '..', '..', 'packages', 'sdk', 'src');

/** Builds `audio.js`, `recording.js` and `storage.js` with their chunks into `outDir`. */
export async function buildSdkParts(outDir: string): Promise<void> {
  // Loaded only when something is to be built: every test of the parts comes by here.
  const { build } = await import('vite');
  await build({
    ...{ root: SOURCE, base: './', configFile: false, envDir: false, publicDir: false, logLevel: 'error' },
    worker: { format: 'es' },
    build: {
      ...{ outDir, emptyOutDir: true, target: 'es2023', assetsInlineLimit: 0, modulePreload: false, minify: true },
      rolldownOptions: {
        input: {
          audio: join(SOURCE, 'audio', 'testing', 'page-entry.ts'),
          recording: join(SOURCE, 'recording', 'testing', 'recorder-entry.ts'),
          storage: join(SOURCE, 'storage', 'testing', 'page-entry.ts'),
        },
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  });
}
