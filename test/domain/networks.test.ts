import { expect, it } from 'vitest';
import { callerOf } from '../../src/domain/networks.js';

it('an address of IPv4 is a caller by itself, however the socket writes it', () => {
  expect(['192.0.2.7', '::ffff:192.0.2.7', '::FFFF:192.0.2.7', '192.0.2.8'].map(callerOf)).toEqual(['192.0.2.7', '192.0.2.7', '192.0.2.7', '192.0.2.8']);
});

it('all addresses of one network of 64 bits are one caller, and those of another are not', () => {
  const same = ['2001:db8:1:2::1', '2001:DB8:1:2:ffff::', '2001:0db8:0001:0002:3:4:5:6', '2001:db8:1:2::9%eth0'];
  expect(new Set(same.map(callerOf))).toEqual(new Set(['2001:db8:1:2::/64']));
  expect(['2001:db8:1:3::1', '2001:db8::2:0:0:0:1', '::1', '::', '1:2:3:4:5:6:7::', '::2:3:4:5:6:7:8', '64:ff9b::192.0.2.7'].map(callerOf)).toEqual([
    '2001:db8:1:3::/64', '2001:db8:0:2::/64', '0:0:0:0::/64', '0:0:0:0::/64', '1:2:3:4::/64', '0:2:3:4::/64', '64:ff9b:0:0::/64',
  ]);
});

it('what is no address is a caller as it is', () => {
  expect(['', 'unknown', 'evil'].map(callerOf)).toEqual(['', 'unknown', 'evil']);
});
