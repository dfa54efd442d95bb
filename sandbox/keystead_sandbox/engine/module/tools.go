//go:build tools

// Package engine pins the Pulumi command line, so that it can be built where its releases cannot be downloaded.
package engine

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
