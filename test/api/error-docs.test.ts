import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../src/domain/errors.js';
import { AudioProblem, BadInputProblem, ConflictProblem, ForbiddenProblem, GenericProblem, ModelProblem, NotFoundProblem, OverloadedProblem, UploadProblem } from '../../src/resolvers/problem.type.js';
import { problemOf } from '../../src/resolvers/problem-of.js';

const text = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
const rows = [...text.matchAll(/^\| `([A-Z_]+)` \| (\d{3}) \| (yes|no) \| (.+) \|$/gm)].map(([, code, status, retry, meaning]) => ({ code, status: Number(status), retry, meaning }));

describe('docs/errors.md', () => {
  it('lists exactly the codes of the table, in its order, with status, retry and meaning', () => {
    expect(rows).toEqual(Object.entries(ERRORS).map(([code, row]) => ({ code, status: row.httpStatus, retry: row.retryable ? 'yes' : 'no', meaning: row.meaning })));
  });

  it('names every problem type, and each code of the table becomes one of them', () => {
    const types = [AudioProblem, BadInputProblem, ConflictProblem, ForbiddenProblem, GenericProblem, ModelProblem, NotFoundProblem, OverloadedProblem, UploadProblem];
    for (const type of types) expect(text).toContain(`\`${type.name}\``);
    for (const code of Object.keys(ERRORS)) expect(types.some((type) => problemOf(code, 'x') instanceof type)).toBe(true);
  });
});

describe('problems', () => {
  it('carry the numbers of the failure', () => {
    expect(problemOf('UPLOAD_TOO_LARGE', 'm', { maxBytes: 5, receivedBytes: 7 })).toEqual(Object.assign(new UploadProblem('UPLOAD_TOO_LARGE', 'm'), { maxBytes: 5, receivedBytes: 7 }));
    expect(problemOf('FORBIDDEN', 'm', { neededRole: 'analyst' })).toMatchObject({ neededRole: 'analyst' });
    expect(problemOf('INFERENCE_OVERLOADED', 'm', { retryAfterMs: 70 })).toMatchObject({ retryAfterMs: 70 });
    expect(problemOf('MODEL_UNKNOWN', 'm', { installed: ['a'] })).toMatchObject({ installed: ['a'] });
    expect(problemOf('BAD_INPUT', 'm', { field: 'title' })).toMatchObject({ field: 'title' });
  });

  it('keep their required fields when a failure brings nothing or nonsense', () => {
    expect(problemOf('FORBIDDEN', 'm', { neededRole: 'emperor' })).toMatchObject({ neededRole: 'admin' });
    expect(problemOf('INFERENCE_OVERLOADED', 'm')).toMatchObject({ retryAfterMs: 1000 });
    expect(problemOf('MODEL_UNKNOWN', 'm', { installed: 'a' })).toMatchObject({ installed: [] });
    expect(problemOf('SOMETHING_NEW', 'm')).toBeInstanceOf(GenericProblem);
  });
});
