import { openEmbeddedTestDatabase } from '../support/test-database.js';
import { describeRepositories } from './repositories.contract.js';

describeRepositories('the embedded database', openEmbeddedTestDatabase);
