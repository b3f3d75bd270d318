import { describe, expect, it } from 'vitest';
import { readSettings } from '../src/config.js';

const read = (environment: Record<string, string>) => readSettings(environment, '/nonexistent/.env');

describe('settings', () => {
  it('have safe defaults: loopback, embedded database, files under ./data', () => {
    expect(read({})).toMatchObject({ host: '127.0.0.1', port: 4000, databaseUrl: null, storageUrl: null });
  });

  it('refuse an unknown UNDERTONE_ name and list the known ones', () => {
    expect(() => read({ UNDERTONE_PROT: '1' })).toThrow(/UNDERTONE_PROT.*UNDERTONE_PORT/s);
  });

  it('name the setting that is wrong and what is allowed, never its value', () => {
    expect(() => read({ UNDERTONE_PORT: 'eighty-secret' })).toThrow(/UNDERTONE_PORT/);
    expect(() => read({ UNDERTONE_PORT: '70000' })).toThrow(/at most 65535/);
    for (const bad of [{ UNDERTONE_PORT: 'eighty-secret' }, { UNDERTONE_ADMIN_KEY: 'secret' }, { DATABASE_URL: 'mysql://secret' }]) {
      let message = '';
      try {
        read(bad as unknown as Record<string, string>);
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).not.toBe('');
      expect(message).not.toContain('secret');
    }
  });

  it('treat an empty value as absent', () => {
    expect(read({ UNDERTONE_PORT: '', DATABASE_URL: '' })).toMatchObject({ port: 4000, databaseUrl: null });
  });
});
