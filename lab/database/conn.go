package database

import "net"

// answerConn holds answers back until the client is waited for. The protocol's packets, of which
// an answer with rows has many, so leave in one write, and so do the answers to statements that
// came together.
type answerConn struct {
	net.Conn
	answer []byte
}

// mostHeldBack is how many bytes of answers are kept before they are written.
const mostHeldBack = 64 << 10

func (c *answerConn) Write(packet []byte) (int, error) {
	c.answer = append(c.answer, packet...)
	if len(c.answer) < mostHeldBack {
		return len(packet), nil
	}
	return len(packet), c.flush()
}

func (c *answerConn) Read(b []byte) (int, error) {
	if err := c.flush(); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

// Close sends what was held back, such as the reason why a client is refused.
func (c *answerConn) Close() error {
	_ = c.flush()
	return c.Conn.Close()
}

func (c *answerConn) flush() error {
	if len(c.answer) == 0 {
		return nil
	}
	_, err := c.Conn.Write(c.answer)
	c.answer = c.answer[:0]
	return err
}
