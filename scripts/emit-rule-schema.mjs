// Writes docs/rule.schema.json from the schema that rules are checked by. Needs a build.
import { writeFileSync } from 'node:fs';
import { ruleJsonSchema } from '../dist/src/plugins/business-rules/rule.schema.js';

writeFileSync('docs/rule.schema.json', `${JSON.stringify(ruleJsonSchema(), null, 2)}\n`);
