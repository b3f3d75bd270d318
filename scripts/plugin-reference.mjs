// The reference in docs/plugins.md, made from src/plugins/contract.ts: `node scripts/plugin-reference.mjs` writes it anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const CONTRACT = fileURLToPath(new URL('../src/plugins/contract.ts', import.meta.url));
const PAGE = fileURLToPath(new URL('../docs/plugins.md', import.meta.url));
const BEGIN = '<!-- made from src/plugins/contract.ts: begin -->';
const END = '<!-- made from src/plugins/contract.ts: end -->';

/** Every exported thing of the contract with its comments, as Markdown. */
export function pluginReference(text = readFileSync(CONTRACT, 'utf8')) {
  const source = ts.createSourceFile('contract.ts', text, ts.ScriptTarget.Latest, true);
  const parts = [];
  for (const statement of source.statements) {
    const isNamed = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement) || ts.isFunctionDeclaration(statement);
    if (!isNamed || statement.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword) !== true) continue;
    const lines = [`### \`${statement.name.text}\``, commentOf(statement)];
    if (ts.isTypeAliasDeclaration(statement)) lines.push(code(statement.type.getText()));
    if (ts.isFunctionDeclaration(statement)) lines.push(code(`${statement.name.text}(${statement.parameters.map((one) => one.getText()).join(', ')})`));
    if (ts.isInterfaceDeclaration(statement)) {
      const parents = statement.heritageClauses?.flatMap((clause) => clause.types.map((type) => type.getText())) ?? [];
      if (parents.length > 0) lines.push(`Has all of ${parents.join(', ')}.`);
      lines.push(statement.members.map((member) => [`* ${code(member.getText().replace(/^readonly /, '').replace(/;$/, ''))}`, commentOf(member)].filter((part) => part !== '').join(' – ')).join('\n'));
    }
    parts.push(lines.filter((line) => line !== '').join('\n\n'));
  }
  return parts.join('\n\n');
}

function commentOf(node) {
  return ts.getJSDocCommentsAndTags(node).map((doc) => ts.getTextOfJSDocComment(doc.comment) ?? '').join(' ').replace(/\s+/g, ' ').trim();
}

function code(text) {
  return `\`${text.replace(/\s+/g, ' ')}\``;
}

/** The page with the reference in its place. */
export function withReference(page = readFileSync(PAGE, 'utf8')) {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error('docs/plugins.md has lost the marks of the reference');
  return `${before}${BEGIN}\n\n${pluginReference()}\n\n${END}${after}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE, withReference());
