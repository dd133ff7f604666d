"""The command line, for who has a file and a question: a file for each command."""
