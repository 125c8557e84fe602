// A verb of the command line; "command" is what the machine runs (Probes.Command).
global using Verb = System.CommandLine.Command;
