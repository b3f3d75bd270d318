import { buildSchema, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import * as documents from '../../web/src/documents.js';
import * as evaluationDocuments from '../../web/src/evaluation-documents.js';
import * as reviewDocuments from '../../web/src/review-documents.js';
import * as webhookDocuments from '../../web/src/webhook-documents.js';
import * as transcriptDocuments from '../../web/src/transcript-documents.js';
import * as ruleDocuments from '../../web/src/rule-documents.js';
import { DEFAULT_HTTP_LIMITS } from '../../src/http/http-limits.js';
import { measureOperation } from '../../src/http/operation-limits.js';
import { readProjectFile } from './target.js';

const LARGEST_PAGE = 100;

describe('the documents of the page', () => {
  const schema = buildSchema(readProjectFile('schema.graphql'));

  const operations = Object.entries({ ...documents, ...ruleDocuments, ...evaluationDocuments, ...reviewDocuments, ...transcriptDocuments, ...webhookDocuments }).flatMap(([name, operation]) => (typeof operation === 'string' ? [] : [[name, operation.text] as const]));

  it.each(operations)('ask for nothing that schema.graphql does not have: %s', (_name, text) => {
    expect(validate(schema, parse(text)).map((error) => error.message)).toEqual([]);
  });

  it.each(operations)('stay within the limits of the server at the largest page that is asked for: %s', (_name, text) => {
    expect(measureOperation(schema, DEFAULT_HTTP_LIMITS, text, { first: LARGEST_PAGE })?.cost).toBeGreaterThan(0);
  });
});
