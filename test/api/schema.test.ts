import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { isEnumType, isInputObjectType, isInterfaceType, isObjectType, isSpecifiedDirective, isSpecifiedScalarType } from 'graphql';
import { FieldResolver, Mutation, ObjectType, Field, Query, Resolver } from 'type-graphql';
import { describe, expect, it } from 'vitest';
import { buildApiSchema } from '../../src/resolvers/build-schema.js';
import { printApiSchema } from '../../src/resolvers/print-schema.js';
import { RecordingType } from '../../src/resolvers/recording.type.js';

describe('schema.graphql', () => {
  it('is what the resolvers emit', () => {
    expect(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'), 'run `npm run schema` and commit it').toBe(printApiSchema());
  });

  it('describes every type, field, argument and enum value', () => {
    const schema = buildApiSchema();
    const undescribed: string[] = [];
    const check = (name: string, description: string | null | undefined): void => {
      if ((description ?? '').trim() === '') undescribed.push(name);
    };
    const types = Object.values(schema.getTypeMap()).filter((type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type));
    expect(types.length).toBeGreaterThan(60);
    for (const type of Object.values(schema.getTypeMap()).filter((candidate) => !candidate.name.startsWith('__'))) {
      if (types.includes(type)) check(type.name, type.description);
      if (isEnumType(type)) for (const value of type.getValues()) check(`${type.name}.${value.name}`, value.description);
      if (isInputObjectType(type)) for (const field of Object.values(type.getFields())) check(`${type.name}.${field.name}`, field.description);
      if (isObjectType(type) || isInterfaceType(type)) {
        for (const field of Object.values(type.getFields())) {
          check(`${type.name}.${field.name}`, field.description);
          for (const argument of field.args) check(`${type.name}.${field.name}(${argument.name})`, argument.description);
        }
      }
    }
    expect(undescribed).toEqual([]);
    expect(schema.getDirectives().filter((directive) => !isSpecifiedDirective(directive))).toEqual([]);
  });
});

describe('resolvers of plugins', () => {
  @ObjectType({ description: 'Of a plugin.' })
  class PluginThing {
    @Field(() => String, { description: 'A name.' })
    name!: string;
  }

  it('add fields to queries and to types of the core', () => {
    @Resolver(() => RecordingType)
    class Additions {
      @Query(() => PluginThing, { description: 'A thing.' })
      pluginThing(): object {
        return { name: 'x' };
      }
      @FieldResolver(() => String, { description: 'More.' })
      pluginNote(): string {
        return 'note';
      }
    }
    const schema = buildApiSchema([Additions]);
    expect(schema.getQueryType()?.getFields()).toHaveProperty('pluginThing');
    expect(printApiSchema(schema)).toMatch(/pluginNote: String!/);
  });

  it.each([
    ['a query of the core', 'Query.recordings', () => {
      @Resolver(() => RecordingType)
      class Collides {
        @Query(() => String, { description: 'x' })
        recordings(): string {
          return '';
        }
      }
      return [Collides];
    }],
    ['a mutation of the core', 'Mutation.analyze', () => {
      @Resolver(() => RecordingType)
      class Collides {
        @Mutation(() => String, { description: 'x' })
        analyze(): string {
          return '';
        }
      }
      return [Collides];
    }],
    ['a plain field of a core type', 'Recording.title', () => {
      @Resolver(() => RecordingType)
      class Collides {
        @FieldResolver(() => String, { description: 'x' })
        title(): string {
          return '';
        }
      }
      return [Collides];
    }],
    ['a computed field of a core type', 'Recording.audioUrl', () => {
      @Resolver(() => RecordingType)
      class Collides {
        @FieldResolver(() => String, { description: 'x' })
        audioUrl(): string {
          return '';
        }
      }
      return [Collides];
    }],
    ['a field of another plugin', 'Query.twice', () => {
      @Resolver(() => PluginThing)
      class First {
        @Query(() => String, { description: 'x' })
        twice(): string {
          return '';
        }
      }
      @Resolver(() => PluginThing)
      class Second {
        @Query(() => String, { description: 'x' })
        twice(): string {
          return '';
        }
      }
      return [First, Second];
    }],
  ])('that take %s are refused with the name of the field', (_name, field, resolvers) => {
    expect(() => buildApiSchema(resolvers())).toThrow(expect.objectContaining({ code: 'PLUGIN_INVALID', message: expect.stringContaining(field) as unknown }) as Error);
  });

  it('with a type of a name that the core has are refused', () => {
    @ObjectType('Recording', { description: 'x' })
    class OtherRecording {
      @Field(() => String, { description: 'x' })
      name!: string;
    }
    @Resolver(() => OtherRecording)
    class Collides {
      @Query(() => OtherRecording, { description: 'x' })
      otherRecording(): object {
        return { name: 'x' };
      }
    }
    expect(() => buildApiSchema([Collides])).toThrow(expect.objectContaining({ code: 'PLUGIN_INVALID' }) as Error);
  });
});
