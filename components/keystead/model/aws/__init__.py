"""What is particular to AWS in the model: naming and tags (`scope`) and the regions botocore knows."""
