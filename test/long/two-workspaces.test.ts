import { twoWorkspacesSuite } from './two-workspaces.contract.js';

twoWorkspacesSuite('two workspaces', { isTriedByOwner: true });
