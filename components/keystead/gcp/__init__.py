"""Components and compilers for GCP; the files are named as in keystead.aws."""
