import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

/** The audits know nothing of keys, and GET needs the header that no form can set. */
const withKey = (url: string, init: RequestInit = {}): Promise<Response> => {
  const headers = new Headers(init.headers);
  headers.set('Authorization', 'Bearer viewer-key');
  headers.set('apollo-require-preflight', 'true');
  return fetch(url, { ...init, headers });
};

describe('GraphQL over HTTP', () => {
  const audits = serverAudits({ url: () => `${app.url}/graphql`, fetchFn: withKey });

  it('has sixty-one audits', () => {
    expect(audits).toHaveLength(61);
  });

  it.each(audits.map((audit) => [audit.id, audit.name, audit] as const))('%s %s', async (_id, _name, audit) => {
    const result = await audit.fn();
    // MUST is an error, SHOULD a warning, MAY a notice.
    expect(result, JSON.stringify('reason' in result ? result.reason : '')).not.toMatchObject({ status: 'error' });
  });

  it('at most three recommendations are not followed', async () => {
    const results = await Promise.all(audits.map((audit) => audit.fn()));
    expect(results.flatMap((result) => (result.status === 'warn' ? [result.name] : [])).length).toBeLessThanOrEqual(3);
  });
});
