import { describe, expect, it } from 'vitest';
import { readSettings } from '../src/config.js';

const read = (environment: Record<string, string>) => readSettings(environment, '/nonexistent/.env');

describe('settings', () => {
  it('have safe defaults: loopback, embedded database, files under ./data', () => {
    expect(read({})).toMatchObject({ host: '127.0.0.1', port: 4000, databaseUrl: null, storageUrl: null });
  });

  it('refuse an unknown UNDERTONE_ name and list the known ones', () => {
    expect(() => read({ UNDERTONE_PROT: '1' })).toThrow(/^Unknown setting UNDERTONE_PROT\. Did you mean UNDERTONE_PORT\? Allowed are: .*UNDERTONE_DATA_DIR, UNDERTONE_HOST/s);
    expect(() => read({ UNDERTONE_QQQQQQ: '1', UNDERTONE_DRAIN: '1' })).toThrow(/^Unknown setting UNDERTONE_QQQQQQ\. Unknown setting UNDERTONE_DRAIN\. Did you mean UNDERTONE_DRAIN_MS\? Allowed/);
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

describe('settings of the storage', () => {
  const bucket = { UNDERTONE_STORAGE_URL: 's3://recordings/under/tone' };

  it('take a bucket with a prefix, or a folder, and nothing else', () => {
    expect(read(bucket).storageUrl).toBe('s3://recordings/under/tone');
    expect(read({ UNDERTONE_STORAGE_URL: 'file:///srv/blobs' }).storageUrl).toBe('file:///srv/blobs');
    for (const bad of ['s3://', 's3://A-Bucket', 's3://b', 'https://bucket.example/x', '/srv/blobs', 's3://bucket/../up?x=1']) expect(() => read({ UNDERTONE_STORAGE_URL: bad }), bad).toThrow(/file:\/\/\/FOLDER or s3:\/\/BUCKET/);
  });

  it('reach AWS by its own names, and a server of one’s own by path', () => {
    expect(read(bucket).storage).toEqual({ endpoint: null, region: 'us-east-1', pathStyle: false, credentials: null, encryption: null, kmsKeyId: null, directDownloads: false });
    expect(read({ ...bucket, AWS_REGION: 'eu-central-1' }).storage.region).toBe('eu-central-1');
    expect(read({ ...bucket, UNDERTONE_STORAGE_ENDPOINT: 'http://objects:8333' }).storage.pathStyle).toBe(true);
    expect(read({ ...bucket, UNDERTONE_STORAGE_ENDPOINT: 'http://objects:8333', UNDERTONE_STORAGE_PATH_STYLE: 'false' }).storage.pathStyle).toBe(false);
  });

  it('want both halves of the credentials, and a key of encryption only with its kind', () => {
    expect(() => read({ ...bucket, UNDERTONE_STORAGE_ACCESS_KEY: 'half-secret' })).toThrow(/UNDERTONE_STORAGE_SECRET_KEY belong together/);
    expect(() => read({ ...bucket, UNDERTONE_STORAGE_KMS_KEY: 'k', UNDERTONE_STORAGE_ENCRYPTION: 'AES256' })).toThrow(/aws:kms alone/);
    expect(read({ ...bucket, UNDERTONE_STORAGE_KMS_KEY: 'k', UNDERTONE_STORAGE_ENCRYPTION: 'aws:kms' }).storage).toMatchObject({ encryption: 'aws:kms', kmsKeyId: 'k' });
  });
});

describe('settings of traces', () => {
  it('are off, and on by our own name or by the standard ones', () => {
    expect(read({}).tracesUrl).toBeNull();
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' }).tracesUrl).toBe('http://collector:4318/v1/traces');
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://other/spans' }).tracesUrl).toBe('http://other/spans');
    expect(read({ UNDERTONE_TRACES_URL: 'http://mine/v1/traces', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }).tracesUrl).toBe('http://mine/v1/traces');
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', OTEL_SDK_DISABLED: 'true' }).tracesUrl).toBeNull();
    expect(() => read({ UNDERTONE_TRACES_URL: 'collector' })).toThrow(/UNDERTONE_TRACES_URL: must be an http/);
  });
});
