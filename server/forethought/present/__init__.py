"""What both front ends show: JSON documents for programs, and Markdown for people. Imports no LSP library."""
