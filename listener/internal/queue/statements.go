package queue

import (
	"context"
	"database/sql"
	"errors"
)

// statements is a connection that prepares each statement once, because parsing an INSERT takes
// SQLite as long as executing it. It must be used by only one goroutine.
type statements struct {
	connection *sql.Conn
	prepared   map[string]*sql.Stmt
}

func newStatements(connection *sql.Conn) *statements {
	return &statements{connection: connection, prepared: make(map[string]*sql.Stmt)}
}

func (s *statements) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if existing, ok := s.prepared[query]; ok {
		return existing, nil
	}
	prepared, err := s.connection.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s.prepared[query] = prepared
	return prepared, nil
}

// ExecContext implements querier.
func (s *statements) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	prepared, err := s.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return prepared.ExecContext(ctx, args...)
}

// QueryContext implements querier.
func (s *statements) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	prepared, err := s.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return prepared.QueryContext(ctx, args...)
}

// QueryRowContext implements querier.
func (s *statements) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	prepared, err := s.prepare(ctx, query)
	if err != nil {
		// The query fails with the same error.
		return s.connection.QueryRowContext(ctx, query, args...)
	}
	return prepared.QueryRowContext(ctx, args...)
}

func (s *statements) close() error {
	var failures []error
	for _, prepared := range s.prepared {
		failures = append(failures, prepared.Close())
	}
	return errors.Join(failures...)
}
