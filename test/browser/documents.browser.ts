import { buildSchema, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import * as documents from '../../web/src/documents.js';
import { readProjectFile } from './target.js';

describe('the documents of the page', () => {
  const schema = buildSchema(readProjectFile('schema.graphql'));

  it.each(Object.entries(documents).map(([name, operation]) => [name, operation.text] as const))('ask for nothing that schema.graphql does not have: %s', (_name, text) => {
    expect(validate(schema, parse(text)).map((error) => error.message)).toEqual([]);
  });
});
