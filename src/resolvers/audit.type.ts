import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { connectionType } from './page.type.js';
import { DateTime } from './scalars.js';

@ObjectType('AuditEvent', { simpleResolvers: true, description: 'Something that was done. Events of a workspace form a chain: each has the hash of the one before.' })
export class AuditEventType {
  @Field(() => ID, { description: 'Opaque id (`aud_…`).' })
  id!: string;
  @Field(() => Int, { description: 'Place in the chain, from 1, without a gap.' })
  sequence!: number;
  @Field(() => DateTime, { description: 'When.' })
  at!: Date;
  @Field(() => ID, { description: 'Id of the key that did it; `system` for the schedule.' })
  actorKeyId!: string;
  @Field(() => String, { description: 'Name of that key.' })
  actorName!: string;
  @Field(() => String, { description: 'What was done, e.g. `hold.placed`.' })
  action!: string;
  @Field(() => String, { description: 'Kind of the object that it was done to.' })
  subjectKind!: string;
  @Field(() => ID, { description: 'Id of that object; of the first, where there are several.' })
  subjectId!: string;
  @Field(() => [ID], { description: 'Ids of all objects, where the event is about several; otherwise empty.' })
  subjectIds!: readonly string[];
  @Field(() => String, { nullable: true, description: 'The reason that was given.' })
  reason!: string | null;
  @Field(() => String, { nullable: true, description: 'Id of the request, where there was one.' })
  requestId!: string | null;
  @Field(() => String, { nullable: true, description: 'Address that the request came from; null for the schedule and the command line.' })
  address!: string | null;
  @Field(() => String, { nullable: true, description: 'Digest of the object before.' })
  beforeDigest!: string | null;
  @Field(() => String, { nullable: true, description: 'Digest of the object after.' })
  afterDigest!: string | null;
  @Field(() => String, { description: 'Hash of the event before; zeros for the first.' })
  previousHash!: string;
  @Field(() => String, { description: 'SHA-256 over this event and the hash before it.' })
  hash!: string;
}

@InputType({ description: 'Which events of the audit log; what is not named does not matter.' })
export class AuditFilterInput {
  @Field(() => String, { nullable: true, description: 'What was done, e.g. `hold.placed`.' })
  action?: string | null;
  @Field(() => ID, { nullable: true, description: 'Id of the key that did it; `system` for the schedule.' })
  actorKeyId?: string | null;
  @Field(() => String, { nullable: true, description: 'Kind of the object that it was done to, e.g. `recording`.' })
  subjectKind?: string | null;
  @Field(() => ID, { nullable: true, description: 'Id of the object that it was done to; finds events about several objects as well.' })
  subjectId?: string | null;
  @Field(() => DateTime, { nullable: true, description: 'From this time on.' })
  from?: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'Before this time.' })
  to?: Date | null;
}

@ObjectType({ simpleResolvers: true, description: 'What reading the whole chain showed.' })
export class AuditCheck {
  @Field(() => Int, { description: 'Events that were read.' })
  checkedCount!: number;
  @Field(() => Int, { nullable: true, description: 'Sequence number of the first event that does not follow from the one before; null: the chain holds.' })
  brokenAt!: number | null;
}

export const AuditEventConnection = connectionType('AuditEvent', 'audit events', () => AuditEventType);
