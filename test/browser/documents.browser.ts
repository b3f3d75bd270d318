import { buildSchema, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import * as documents from '../../web/src/documents.js';
import * as evaluationDocuments from '../../web/src/evaluation-documents.js';
import * as ruleDocuments from '../../web/src/rule-documents.js';
import { readProjectFile } from './target.js';

describe('the documents of the page', () => {
  const schema = buildSchema(readProjectFile('schema.graphql'));

  const operations = Object.entries({ ...documents, ...ruleDocuments, ...evaluationDocuments }).flatMap(([name, operation]) => (typeof operation === 'string' ? [] : [[name, operation.text] as const]));

  it.each(operations)('ask for nothing that schema.graphql does not have: %s', (_name, text) => {
    expect(validate(schema, parse(text)).map((error) => error.message)).toEqual([]);
  });
});
