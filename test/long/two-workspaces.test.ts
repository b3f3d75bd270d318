import { twoWorkspacesSuite } from './two-workspaces.contract.js';

twoWorkspacesSuite('two workspaces', { isWhole: true });
