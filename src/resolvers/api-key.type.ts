import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { ApiKeyRecord } from '../domain/records.js';
import type { Role } from '../domain/principal.js';
import { RoleEnum } from './enums.type.js';
import { DateTime } from './scalars.js';

@ObjectType('ApiKey', { simpleResolvers: true, description: 'A key of the API, without its secret: only a hash is stored.' })
export class ApiKeyType {
  @Field(() => ID, { description: 'Opaque id (`key_…`).' })
  id!: string;
  @Field(() => String, { description: 'Name for people.' })
  name!: string;
  @Field(() => RoleEnum, { description: 'What it may do.' })
  role!: Role;
  @Field(() => [String], { description: 'Networks (CIDR) that it may be used from; empty for everywhere.' })
  allowedNetworks!: readonly string[];
  @Field(() => DateTime, { nullable: true, description: 'After a rotation: until when the secret before works too.' })
  previousSecretUntil!: Date | null;
  @Field(() => String, { description: 'First characters of the secret, to recognise it by.' })
  prefix!: string;
  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt!: Date;
  @Field(() => DateTime, { nullable: true, description: 'When it ends to work; null for never.' })
  expiresAt!: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'When it was last used, roughly.' })
  lastUsedAt!: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'When it was revoked.' })
  revokedAt!: Date | null;
}

@ObjectType({ simpleResolvers: true, description: 'A key that was just made.' })
export class CreatedApiKey {
  @Field(() => ApiKeyType, { description: 'The key.' })
  apiKey!: ApiKeyRecord;
  @Field(() => String, { description: 'Its secret, shown this once.' })
  secret!: string;
}

@InputType({ description: 'A key to be made.' })
export class CreateApiKeyInput {
  @Field(() => String, { description: 'Name for people.' })
  name!: string;
  @Field(() => RoleEnum, { description: 'What it may do.' })
  role!: Role;
  @Field(() => [String], { nullable: true, description: "Of the role's scopes only these, for example `recordings:read`; all of them when absent." })
  scopes?: string[] | null;
  @Field(() => [String], { nullable: true, description: 'Networks that it may be used from, for example `10.0.0.0/8`; everywhere when absent.' })
  allowedNetworks?: string[] | null;
  @Field(() => DateTime, { nullable: true, description: 'When it ends to work; never when absent.' })
  expiresAt?: Date | null;
}
