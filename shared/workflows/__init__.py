"""The room of workflows: what is to happen with a content, by what machines say of it; and the jobs that they are run by."""
