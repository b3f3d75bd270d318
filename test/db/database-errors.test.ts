import { describe, expect, it } from 'vitest';
import { isUnavailable, translateDatabaseError } from '../../src/db/database-errors.js';

const withCause = (message: string, cause: unknown, fields: object = {}): Error => Object.assign(new Error(message, { cause }), fields);

describe('failures of the database', () => {
  const broken: readonly (readonly [string, unknown])[] = [
    ['a refused connection', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })],
    ['a shutdown that the server announces', withCause('adapter', { originalCode: '57P01', originalMessage: 'terminating connection due to administrator command', kind: 'postgres' })],
    ['a socket that broke under the driver adapter, which keeps its kind and no code', withCause('ConnectionClosed', { kind: 'ConnectionClosed' }, { name: 'DriverAdapterError' })],
    ['the same under a raw query of Prisma', Object.assign(new Error('Raw query failed'), { code: 'P2010', meta: { driverAdapterError: withCause('x', { kind: 'ConnectionClosed' }) } })],
    ['a database that takes no connections for now', withCause('adapter', { originalCode: '55000', kind: 'postgres' })],
    ['a database that is being restored', withCause('adapter', { originalCode: '3D000', kind: 'postgres' })],
    ['a server that may only read after a failover', Object.assign(new Error('Raw query failed'), { code: 'P2010', meta: { driverAdapterError: withCause('x', { kind: 'postgres', originalCode: '25006' }) } })],
    ['a connection that was closed while statements waited for it', new Error('Client was closed and is not queryable')],
  ];
  it.each(broken)('say that it cannot be reached: %s', (_name, error) => {
    expect(isUnavailable(error)).toBe(true);
    expect(translateDatabaseError(error)).toMatchObject({ code: 'DATABASE_UNAVAILABLE', cause: error });
  });

  it('stay as they are when the database answered no', () => {
    const refused = Object.assign(new Error('Raw query failed'), { code: 'P2010', meta: { driverAdapterError: withCause('x', { kind: 'postgres', originalCode: '42703' }) } });
    expect(isUnavailable(refused)).toBe(false);
    expect(translateDatabaseError(refused)).toBe(refused);
  });
});
