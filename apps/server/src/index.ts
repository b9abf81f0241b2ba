export { type Command, type CommandCall, type CommandIo, type CommandOption, EXIT } from './command.ts';
