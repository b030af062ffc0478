// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"os"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// linesConfig is the configuration of the exporter `lines`.
type linesConfig struct {
	// Path of the file that gets one line of OTLP JSON for each request.
	Path string `mapstructure:"path"`
}

func (c *linesConfig) Validate() error {
	if c.Path == "" {
		return errors.New("path is missing")
	}
	return nil
}

// lines writes each request as one line, in one write, before the receiver answers it. So what a client was told was accepted is in
// the file, also when the Collector is killed a moment later; the contributed file exporter buffers, and would lose it.
type lines struct {
	path string
	file *os.File
}

func linesFactory() exporter.Factory {
	return exporter.NewFactory(
		component.MustNewType("lines"),
		func() component.Config { return &linesConfig{} },
		exporter.WithTraces(func(_ context.Context, _ exporter.Settings, config component.Config) (exporter.Traces, error) {
			return &tracesLines{newLines(config)}, nil
		}, component.StabilityLevelStable),
		exporter.WithMetrics(func(_ context.Context, _ exporter.Settings, config component.Config) (exporter.Metrics, error) {
			return &metricsLines{newLines(config)}, nil
		}, component.StabilityLevelStable),
	)
}

func newLines(config component.Config) lines {
	return lines{path: config.(*linesConfig).Path}
}

func (l *lines) Start(context.Context, component.Host) (err error) {
	l.file, err = os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	return err
}

func (l *lines) Shutdown(context.Context) error {
	return l.file.Close()
}

func (l *lines) write(line []byte, err error) error {
	if err != nil {
		return err
	}
	_, err = l.file.Write(append(line, '\n'))
	return err
}

type tracesLines struct{ lines }

func (*tracesLines) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (l *tracesLines) ConsumeTraces(_ context.Context, traces ptrace.Traces) error {
	return l.write((&ptrace.JSONMarshaler{}).MarshalTraces(traces))
}

type metricsLines struct{ lines }

func (*metricsLines) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (l *metricsLines) ConsumeMetrics(_ context.Context, metrics pmetric.Metrics) error {
	return l.write((&pmetric.JSONMarshaler{}).MarshalMetrics(metrics))
}
