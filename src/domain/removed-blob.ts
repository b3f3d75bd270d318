const PREFIX = 'removed/';

/** Stands where the key of a blob stood that a policy has removed: reading it says BLOB_MISSING, and no sweep takes the old key for one in use. */
export function removedBlobKey(ownerId: string): string {
  return `${PREFIX}${ownerId}`;
}

export function isRemovedBlob(blobKey: string): boolean {
  return blobKey.startsWith(PREFIX);
}
