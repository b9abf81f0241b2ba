import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { configurationReference } from './config-reference.ts';
import { settingFlag, settingVariable } from './setting.ts';

const read = (env: Record<string, string>, flags: Record<string, string> = {}) => readConfig({ env, flags });

describe('configuration', () => {
  it('has a working default for everything', () => {
    expect(read({})).toMatchObject({
      ok: true,
      config: { httpPort: 8080, httpHost: '127.0.0.1', dataDir: './data', mediaHost: '127.0.0.1', fragmentMs: 500 },
    });
  });

  it('takes flags before the environment', () => {
    const result = read({ ROOMTAPE_HTTP_PORT: '1', ROOMTAPE_LOG_LEVEL: 'debug' }, { 'http-port': '2' });

    expect(result).toMatchObject({ ok: true, config: { httpPort: 2, logLevel: 'debug' } });
  });

  it('lists every problem at once', () => {
    const result = read(
      {
        ROOMTAPE_HTTP_PROT: '8080',
        ROOMTAPE_FRAGMENT_MS: '5',
        ROOMTAPE_LOG_LEVEL: 'loud',
        ROOMTAPE_MEDIA_PORT: '-1',
        ROOMTAPE_API_KEY: 'short',
        OTHER: 'x',
      },
      { 'http-port': 'eighty' },
    );

    expect(result).toEqual({
      ok: false,
      problems: [
        'ROOMTAPE_HTTP_PROT: unknown setting',
        '--http-port: must be an integer, 0 to 65535, got "eighty"',
        'ROOMTAPE_API_KEY: must have at least 16 characters',
        'ROOMTAPE_MEDIA_PORT: must be an integer, 0 to 65500, got "-1"',
        'ROOMTAPE_LOG_LEVEL: must be one of debug, info, warn, error, got "loud"',
        'ROOMTAPE_FRAGMENT_MS: must be an integer, 100 to 10000 ms, got "5"',
      ],
    });
  });

  it('needs a key when it can be reached from elsewhere', () => {
    expect(read({ ROOMTAPE_HTTP_HOST: '0.0.0.0' })).toMatchObject({ ok: false });
    expect(read({ ROOMTAPE_HTTP_HOST: '0.0.0.0', ROOMTAPE_API_KEY: 'x'.repeat(16) })).toMatchObject({ ok: true });
    expect(read({ ROOMTAPE_HTTP_HOST: '::1' })).toMatchObject({ ok: true });
  });

  it('needs room for a port per media process', () => {
    const env = { ROOMTAPE_MEDIA_PORT: '65500', ROOMTAPE_MEDIA_PROCESSES: '64' };

    expect(read(env)).toMatchObject({ ok: false, problems: [expect.stringContaining('ROOMTAPE_MEDIA_PORT')] });
  });

  it('names settings after one rule', () => {
    expect([settingVariable('mediaPort'), settingFlag('mediaPort')]).toEqual(['ROOMTAPE_MEDIA_PORT', 'media-port']);
  });

  it('is documented as it is', () => {
    const written = readFileSync(new URL('../../../docs/reference/configuration.md', import.meta.url), 'utf8');

    expect(written, 'run: node scripts/write-reference.ts').toBe(configurationReference());
  });
});
