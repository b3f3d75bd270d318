import type { Attack } from '../attack-target.js';
import { ACCESS_ATTACKS } from './access.js';
import { QUERY_ATTACKS } from './queries.js';
import { REQUEST_ATTACKS } from './requests.js';
import { SOCKET_ATTACKS } from './sockets.js';

/** In the order in which they are tried: the last ones use up limits that the others need. */
export const ATTACKS: readonly Attack[] = [...QUERY_ATTACKS, ...REQUEST_ATTACKS, ...SOCKET_ATTACKS, ...ACCESS_ATTACKS];
