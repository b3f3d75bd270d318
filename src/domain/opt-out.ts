/** A subject whose voice is not to be judged. It does not say who that is. */
export interface OptOutRecord {
  readonly id: string;
  readonly workspaceId: string;
  /** HMAC of the external id under a secret of the workspace, hex. */
  readonly subjectHash: string;
  readonly reason: string;
  /** Id of the key that wrote it down. */
  readonly createdBy: string;
  readonly createdAt: Date;
}
