// Preloaded into a server (`--import`): its connections are never told for which workspace they work. What remains is what a
// request costs without the second wall, where the role is a superuser's.
import pg from 'pg';
import { WorkspacePool } from '../dist/src/db/workspace-pool.js';

WorkspacePool.prototype.connect = pg.Pool.prototype.connect;
