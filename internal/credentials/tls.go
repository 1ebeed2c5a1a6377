// SPDX-License-Identifier: Apache-2.0

package credentials

import (
	"crypto/tls"
	"crypto/x509"
)

// TLS says whom to trust beside the system's authorities, and which certificate to show. The zero TLS trusts the
// system's authorities and shows none.
type TLS struct {
	CA          string // PEM certificates, any number
	Certificate string // PEM chain of the client certificate
	Key         Text   // PEM private key that belongs to it
}

// Identity names the setting without giving the key away: equal for equal settings, empty for the zero TLS.
func (t TLS) Identity() string {
	if t == (TLS{}) {
		return ""
	}
	return identity("tls", t.CA, t.Certificate, t.Key.content)
}

// WithoutClient returns t without the client certificate, for hosts that it was not given for.
func (t TLS) WithoutClient() TLS { return TLS{CA: t.CA} }

// TLSFrom reads ca.crt, or tls.crt and tls.key, or all three. Authorities that are no certificates, half a pair and
// a key that does not belong to its certificate are transient faults with reason SecretInvalid.
func TLSFrom(s Secret) (TLS, error) {
	if err := s.checkSizes(); err != nil {
		return TLS{}, err
	}
	t := TLS{CA: s.text("ca.crt"), Certificate: s.text("tls.crt"), Key: NewText(s.text("tls.key"))}
	switch {
	case t == TLS{}:
		return TLS{}, s.invalid("it has neither ca.crt nor tls.crt and tls.key")
	case t.CA != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(t.CA)):
		return TLS{}, s.invalid("the key ca.crt holds no certificate in PEM")
	case t.Certificate == "" && t.Key.Empty():
		return t, nil
	case t.Certificate == "":
		return TLS{}, s.invalid("tls.key is given without tls.crt")
	case t.Key.Empty():
		return TLS{}, s.invalid("tls.crt is given without tls.key")
	}
	if _, err := tls.X509KeyPair([]byte(t.Certificate), []byte(t.Key.content)); err != nil {
		return TLS{}, s.invalid("tls.crt and tls.key are not a certificate in PEM and its private key")
	}
	return t, nil
}
