import { callerOf } from '../domain/networks.js';
import type { Principal } from '../domain/principal.js';
import type { HttpLimits } from './http-limits.js';
import { createShares } from './shares.js';

/** What one socket holds of the shares of whoever is behind it. */
export interface SocketPlace {
  /** From here on it counts for its key and workspace; false where one of them has its share already. */
  admit(principal: Pick<Principal, 'keyId' | 'workspaceId'>): boolean;
  /** At its end, whether it was admitted or not. */
  leave(): void;
}

export interface SocketPlaces {
  /** Whether an address has as many sockets as it may that have not yet said whose they are. */
  isFull(address: string): boolean;
  open(address: string): SocketPlace;
}

/** Nobody keeps others out by holding sockets: not an address without a key, not a key, not a workspace with many keys. */
export function createSocketPlaces(limits: Pick<HttpLimits, 'socketsWaitingPerAddress' | 'socketsPerKey' | 'socketsPerWorkspace'>): SocketPlaces {
  const waiting = createShares(limits.socketsWaitingPerAddress);
  const ofKeys = createShares(limits.socketsPerKey);
  const ofWorkspaces = createShares(limits.socketsPerWorkspace);
  return {
    isFull: (address) => waiting.isFull(callerOf(address)),
    open(address) {
      const caller = callerOf(address);
      let giveBack = (): void => waiting.giveBack(caller);
      if (!waiting.take(caller)) giveBack = () => undefined;
      let hasLeft = false;
      return {
        admit({ keyId, workspaceId }) {
          // Its key was looked up while it closed: what is taken now would be held for ever.
          if (hasLeft || !ofKeys.take(keyId)) return false;
          if (!ofWorkspaces.take(workspaceId)) {
            ofKeys.giveBack(keyId);
            return false;
          }
          giveBack();
          giveBack = () => {
            ofKeys.giveBack(keyId);
            ofWorkspaces.giveBack(workspaceId);
          };
          return true;
        },
        leave() {
          hasLeft = true;
          giveBack();
          giveBack = () => undefined;
        },
      };
    },
  };
}
