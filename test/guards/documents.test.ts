import { buildSchema, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { readSource } from '../support/source-files.js';

const schema = buildSchema(readSource('schema.graphql'));

/** GraphQL blocks, and the queries inside curl's `operations`. */
function documentsIn(readme: string): readonly string[] {
  const blocks = [...readme.matchAll(/```graphql\n([^]*?)```/g)].map((match) => match[1]!);
  const operations = [...readme.matchAll(/operations='(\{.*\})'/g)].map((match) => (JSON.parse(match[1]!) as { query: string }).query);
  return [...blocks, ...operations];
}

describe.each(['README.md', 'README.zh-CN.md'])('%s', (name) => {
  it('has GraphQL that the committed schema accepts', () => {
    const documents = documentsIn(readSource(name));
    expect(documents).toHaveLength(7);
    expect(documents.flatMap((document) => validate(schema, parse(document)).map((error) => error.message))).toEqual([]);
  });

  it('has the same headings and code as the other README has', () => {
    const shape = (text: string) => ({ headings: text.match(/^#+ /gm), commands: text.match(/^npx? .*$/gm)?.map((line) => line.split('#')[0]!.trim()), options: [...new Set(text.match(/--[a-z][a-z-]+/g))].sort() });
    expect(shape(readSource(name))).toEqual(shape(readSource('README.md')));
  });
});
